#!/usr/bin/python
"""Reads how the overlay does on a host: router, bridge, Docker, firewall, and how far others can be reached beneath it."""

DOCUMENTATION = r'''
module: weave_examine
short_description: Reads how the overlay does on a host, judges nothing, changes nothing, and tells no secret
options:
  bridge: {type: str, required: true, description: name of the bridge}
  subnet: {type: str, required: true, description: the overlay's network}
  added_ranges: {type: list, elements: str, default: [], description: networks that routers hand out besides}
  port: {type: int, required: true, description: the router's port}
  depth: {type: str, default: status, choices: [status, whole], description: what the router says, or the host as well}
  peers: {type: list, elements: dict, default: [], description: host, address and port of those to reach beneath the overlay, and bytes that must get there}
  logs: {type: int, default: 0, description: so many last lines of the router's log}
'''

import concurrent.futures
import glob
import json
import os
import re
import socket
import time

from ansible.module_utils.basic import AnsibleModule
from ansible.module_utils.weave_host import (
    STATE, Record, Service, docker_is_installed, init_system, mode_of, read_text, run_refusable)
from ansible.module_utils.weave_network import inodes_on_port, overlaps
from ansible.module_utils.weave_networking import tool_of
from ansible.module_utils.weave_survey import COMMAND, bridge_addresses, configuration, current_release, docker_of, operator_lock, service_of
from ansible.module_utils.weave_wire import containers_on_bridge, run_probe

SECRETS = ('/var/lib/weave/identity.pem', '/etc/weave/admission.key', '/var/lib/weave/password')
TEXTS = ('/etc/default/docker', '/etc/docker/daemon.json', '/etc/network/interfaces')
FIREWALLS = ('iptables', 'iptables-legacy', 'ip6tables', 'ip6tables-legacy')
SWITCHES = ('net/ipv4/ip_forward', 'net/bridge/bridge-nf-call-iptables')
TEXT_MAX = 65536
PROBES_AT_ONCE = 32
CONNECT_SECONDS = 2


def examine(module):
    record, router = Record(), Service(module, 'weave')
    found = {
        'time': time.time(), 'isInstalled': os.path.exists(COMMAND), 'release': current_release(), 'pending': record.pending,
        'halfWritten': half_written(record), 'router': status_of(module) if router.is_active() else None,
        'services': {'weave': service_of(router), 'docker': service_of(Service(module, 'docker'))},
        'lock': operator_lock(), 'init': init_system(),
    }
    if module.params['depth'] == 'whole':
        found.update(whole(module))
    if module.params['logs'] > 0:
        found['log'] = log_of(module, module.params['logs'])
    return {'changed': False, 'answer': found}


def status_of(module):
    code, out, _err = module.run_command([COMMAND, 'status', '--json'])
    try:
        return json.loads(out) if code == 0 else None
    except ValueError:
        return None


def half_written(record):
    """What a write leaves that was cut off, wherever one of our files is, or was about to be."""
    folders = {os.path.dirname(path) for path in record.files} | {'/etc/weave', STATE, '/etc/docker', '/etc/network/interfaces.d'}
    return sorted(path for folder in folders for path in glob.glob(folder + '/.weave-*'))


def whole(module):
    bridge, port, tool = module.params['bridge'], module.params['port'], tool_of(module)
    return {
        'bridge': {'exists': os.path.exists('/sys/class/net/' + bridge), 'addresses': bridge_addresses(module),
                   'mtu': number_in('/sys/class/net/%s/mtu' % bridge),
                   'ports': sorted(os.path.basename(path) for path in glob.glob('/sys/class/net/%s/brif/*' % bridge)),
                   'isKnown': tool.knows(bridge)},
        'networkTool': tool.name,
        'listens': {kind: bool(inodes_on_port(read_text('/proc/net/' + kind) or '', port, kind == 'tcp')
                               or inodes_on_port(read_text('/proc/net/%s6' % kind) or '', port, kind == 'tcp')) for kind in ('tcp', 'udp')},
        'docker': docker_of(module) if docker_is_installed() else None,
        'containers': containers_on_bridge(module, 256) if docker_is_installed() else [],
        'dockerCommand': command_line('dockerd'), 'overlaps': overlaps_of(module),
        'firewall': firewalls_of(module),
        'nft': said_by(module, ['nft', 'list', 'ruleset']), 'switches': {name: switch(name) for name in SWITCHES},
        'secretModes': {path: mode_of(path) for path in SECRETS if os.path.exists(path)},
        'files': {path: read_text(path) for path in TEXTS}, 'interfaceFiles': sorted(os.path.basename(path) for path in glob.glob('/etc/network/interfaces.d/*')),
        'config': configuration(), 'passwordInArgv': passwords_shown(), 'reaches': reaches(module),
    }


def number_in(path):
    text = (read_text(path) or '').strip()
    return int(text) if text.isdigit() else 0


def command_line(name):
    """Of a program that runs: one that has ended keeps its name until its parent asks how it did, but no words."""
    paths = [path for path in glob.glob('/proc/[0-9]*/comm') if (read_or_none(path) or '').strip() == name]
    lines = [(read_or_none(os.path.dirname(path) + '/cmdline') or '').replace('\0', ' ').strip() for path in paths]
    return next((line for line in lines if line), '')


def read_or_none(path):
    try:
        return read_text(path)
    except OSError:
        return None


def overlaps_of(module):
    lines = []
    for family in ('-4', '-6'):
        for kind in ('address', 'route'):
            lines += module.run_command(['ip', '-o', family, kind, 'show'])[1].splitlines()
    containers = re.compile(r' dev (veth|docker_gw)')
    overlay = [module.params['subnet']] + module.params['added_ranges']
    return overlaps(overlay, [line for line in lines if not containers.search(line)], module.params['bridge'])


def firewalls_of(module):
    return {tool: said_by(module, [tool, '-w', '5', '-S']) for tool in FIREWALLS}


def said_by(module, argv):
    if module.get_bin_path(argv[0]) is None:
        return ''
    return module.run_command(argv)[1][:TEXT_MAX]


def switch(name):
    text = (read_text('/proc/sys/' + name) or '').strip()
    return int(text) if text.isdigit() else -1


def passwords_shown():
    """Processes that show a password to whoever asks for their arguments; the password itself is not told."""
    found = []
    for path in glob.glob('/proc/[0-9]*/cmdline'):
        words = (read_or_none(path) or '').split('\0')
        is_weave = any('weave' in word for word in words[:2])
        if is_weave and any(word in ('--password', '-password') or word.startswith(('--password=', '-password=')) for word in words):
            found.append(path.split('/')[2])
    return found


def reaches(module):
    """Each peer's port, by TCP; and whether packets pass that are as large as the overlay makes them."""
    peers = module.params['peers']
    with concurrent.futures.ThreadPoolExecutor(PROBES_AT_ONCE) as pool:
        ports = list(pool.map(port_of, peers))
    sizes = run_probe(module, '', [{'address': peer['address'], 'mtu': peer['size']} for peer in peers], 0)[0]
    return [dict(without_size(peer), tcp=ports[i], answers=i < len(sizes) and sizes[i]['lossPercent'] < 100,
                 carries=(sizes[i]['mtu'] or 0) if i < len(sizes) else 0) for i, peer in enumerate(peers)]


def without_size(peer):
    return {name: value for name, value in peer.items() if name != 'size'}


def port_of(peer):
    try:
        with socket.create_connection((peer['address'], peer['port']), CONNECT_SECONDS):
            return 'open'
    except ConnectionRefusedError:
        return 'refused'
    except OSError:
        return 'silent'


def log_of(module, lines):
    if init_system() == 'systemd':
        out = module.run_command(['journalctl', '-u', 'weave', '-n', str(lines), '-o', 'short-iso', '--no-pager', '-q'])[1]
    else:
        out = '\n'.join((read_text('/var/log/weave.log') or '').splitlines()[-lines:])
    return out[-4 * TEXT_MAX:]


def main():
    module = AnsibleModule(
        argument_spec={
            'bridge': {'type': 'str', 'required': True},
            'subnet': {'type': 'str', 'required': True},
            'added_ranges': {'type': 'list', 'elements': 'str', 'default': []},
            'port': {'type': 'int', 'required': True},
            'depth': {'type': 'str', 'default': 'status', 'choices': ['status', 'whole']},
            'peers': {'type': 'list', 'elements': 'dict', 'default': []},
            'logs': {'type': 'int', 'default': 0},
        },
        supports_check_mode=True,
    )
    run_refusable(module, examine)


if __name__ == '__main__':
    main()
