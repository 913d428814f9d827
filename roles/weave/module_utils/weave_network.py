"""Pure readings of what the kernel and iproute2 tell about a host's network."""

import ipaddress
import re

LISTENING = '0A'


def networks_of(words):
    """What is a network of these, which may have several in one, as the inventory may."""
    texts = [text for word in words for text in re.split(r'[\s,]+', word)]
    return [network for network in map(_parsed, texts) if network is not None]


def overlaps(networks, lines, own_device):
    """Routes and addresses of the host that lie in the overlay's networks, as 'ip -o' prints them."""
    wanted = networks_of(networks)
    found = []
    for line in lines:
        network, device = _network_of(line)
        is_own = device == own_device or (device or '').startswith(own_device + '-')
        if network is None or is_own or network.prefixlen == 0:
            continue
        if any(one.version == network.version and one.overlaps(network) for one in wanted):
            found.append('%s on %s' % (network, device))
    return sorted(set(found))


def _network_of(line):
    words = line.split()
    family = next((word for word in words if word in ('inet', 'inet6')), None)
    if family is not None:
        return _parsed(words[words.index(family) + 1]), words[1]
    device = words[words.index('dev') + 1] if 'dev' in words else words[0]
    networks = [_parsed(word) for word in words[:2]]
    return next((network for network in networks if network is not None), None), device


def _parsed(word):
    try:
        return ipaddress.ip_network(word, strict=False)
    except ValueError:
        return None


def inodes_on_port(table, port, is_tcp):
    """Sockets of /proc/net/{tcp,udp}[6] that hold the port."""
    inodes = set()
    for line in table.splitlines()[1:]:
        fields = line.split()
        holds = len(fields) > 9 and int(fields[1].rsplit(':', 1)[1], 16) == port
        if holds and (not is_tcp or fields[3] == LISTENING):
            inodes.add(fields[9])
    return inodes


def addresses_of(lines):
    """IPv4 addresses with their prefix length, from 'ip -o -4 address show'."""
    found = []
    for line in lines:
        words = line.split()
        if 'inet' in words:
            found.append(words[words.index('inet') + 1])
    return found
