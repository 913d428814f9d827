"""What a host brings its interfaces up with, and how each of these is asked for the bridge."""

import glob
import os
import re
import time

from ansible.module_utils.weave_host import Record, Refusal, init_system, read_text

SECONDS_MAX = 20
NETWORKD_FILES = ('/etc/systemd/network/50-weave.netdev', '/etc/systemd/network/50-weave.network')
NETPLAN_FILE = '/etc/netplan/60-weave.yaml'
MANAGER_FILE = '/etc/NetworkManager/system-connections/weave.nmconnection'
PROGRAMS = {'ifupdown': ('ifup', 'ifquery'), 'netplan': ('netplan',), 'networkd': ('networkctl',), 'network-manager': ('nmcli',)}
PACKAGES = {'ifupdown': 'ifupdown', 'netplan': 'netplan.io', 'networkd': 'systemd', 'network-manager': 'network-manager'}


def tool_of(module, wanted='auto'):
    """The one that the inventory names, else the one that has the bridge already, else the one that the host uses."""
    return TOOLS[wanted if wanted != 'auto' else own_tool() or detected(module)](module)


def own_tool():
    record = Record()
    has_stanza = any(path.startswith('/etc/network/interfaces.d/') for path in record.files)
    return record.content.get('network_tool') or ('ifupdown' if has_stanza else None)


def detected(module):
    if has(module, 'netplan') and glob.glob('/etc/netplan/*.yaml'):
        return 'netplan'
    if has(module, 'ifupdown') and configures_interfaces(read_all_interfaces()):
        return 'ifupdown'
    if is_active(module, 'systemd-networkd') and has(module, 'networkd'):
        return 'networkd'
    if is_active(module, 'NetworkManager') and has(module, 'network-manager'):
        return 'network-manager'
    return 'ifupdown'


def has(module, tool):
    return all(module.get_bin_path(program) is not None for program in PROGRAMS[tool])


def is_active(module, unit):
    return init_system() == 'systemd' and module.run_command(['systemctl', 'is-active', '--quiet', unit])[0] == 0


def read_all_interfaces():
    paths = ['/etc/network/interfaces'] + sorted(glob.glob('/etc/network/interfaces.d/*'))
    return '\n'.join(read_text(path) or '' for path in paths if os.path.isfile(path))


def configures_interfaces(text):
    """Any but the loopback: a file that only has that one is what an installation leaves that is run by another tool."""
    return any(name != 'lo' for name in re.findall(r'^\s*iface\s+(\S+)', text, re.MULTILINE))


class Tool(object):
    """States of the bridge as one of the tools sees it. `raise_bridge` waits until the address may be asked for."""

    name = ''

    def __init__(self, module):
        self.module = module

    def refuse_if_missing(self):
        for program in PROGRAMS[self.name]:
            if self.module.get_bin_path(program) is None:
                raise Refusal('%s is missing: there is no %s on the host' % (PACKAGES[self.name], program),
                              "install it: 'apt-get install %s', or set weave_network_tool" % PACKAGES[self.name])

    def run(self, *argv):
        return self.module.run_command(list(argv))

    def must(self, bridge, *argv):
        code, out, err = self.run(*argv)
        if code != 0:
            lines = [line for line in (err + out).splitlines() if line.strip()]
            raise Refusal("'%s' failed: %s" % (' '.join(argv), ' · '.join(lines[-3:])), self.remedy(bridge))

    def settle(self, bridge):
        """The bridge is as it should be; only what the tool remembers of it is to follow."""

    def after_removal(self):
        """The bridge and the files are gone."""


class Ifupdown(Tool):
    name = 'ifupdown'

    def is_up(self, bridge):
        return self.module.get_bin_path('ifquery') is not None and self.run('ifquery', '--state', bridge)[0] == 0

    def knows(self, bridge):
        """Whether it reads a stanza of the bridge, wherever that is."""
        return self.module.get_bin_path('ifquery') is not None and self.run('ifquery', bridge)[0] == 0

    def raise_bridge(self, bridge):
        """What it takes for up although the link is gone is taken down first, else ifup does nothing."""
        if self.is_up(bridge):
            self.run('ifdown', '--force', bridge)
        self.must(bridge, 'ifup', bridge)

    def lower_bridge(self, bridge):
        if self.is_up(bridge):
            self.run('ifdown', '--force', bridge)

    def remedy(self, bridge):
        return "run 'ifdown %s; ifup -v %s' on the host and look which line of /etc/network/interfaces.d/%s fails" % (bridge, bridge, bridge)


class Networkd(Tool):
    name = 'networkd'
    files = NETWORKD_FILES

    def is_up(self, bridge):
        words = self.run('networkctl', '--no-legend', '--no-pager', 'list', bridge)[1].split()
        return len(words) >= 5 and words[1] == bridge and words[4] == 'configured'

    def knows(self, bridge):
        return all(os.path.exists(path) for path in self.files)

    def raise_bridge(self, bridge):
        """A bridge that somebody has deleted is not made again by a reload; one that is there is taken over."""
        self.must(bridge, 'networkctl', 'reload')
        self._wait(bridge, SECONDS_MAX / 4)
        if not os.path.exists('/sys/class/net/' + bridge):
            self.run('ip', 'link', 'add', bridge, 'type', 'bridge', 'stp_state', '0', 'forward_delay', '0')
        elif not self.is_up(bridge):
            self.run('networkctl', 'reconfigure', bridge)
        if not self._wait(bridge, SECONDS_MAX):
            raise Refusal('systemd-networkd does not bring %s up' % bridge, self.remedy(bridge))

    def _wait(self, bridge, seconds):
        end = time.time() + seconds
        while time.time() < end:
            if self.is_up(bridge):
                return True
            time.sleep(0.2)
        return False

    def lower_bridge(self, bridge):
        """Deleting the link is enough: it is not made again."""

    def after_removal(self):
        self.run('networkctl', 'reload')

    def remedy(self, bridge):
        return "look at 'networkctl status %s' and 'journalctl -u systemd-networkd' on the host" % bridge


class NetworkManager(Tool):
    name = 'network-manager'
    connection = 'weave'

    def is_up(self, bridge):
        said = self.run('nmcli', '-g', 'GENERAL.STATE,GENERAL.CONNECTION', 'device', 'show', bridge)[1].splitlines()
        return len(said) == 2 and said[0].startswith('100') and said[1] == self.connection

    def knows(self, bridge):
        return os.path.exists(MANAGER_FILE)

    def raise_bridge(self, bridge):
        self.must(bridge, 'nmcli', 'general', 'reload', 'conf')
        self.must(bridge, 'nmcli', 'connection', 'load', MANAGER_FILE)
        self.must(bridge, 'nmcli', '--wait', str(SECONDS_MAX), 'connection', 'up', self.connection)

    def lower_bridge(self, bridge):
        """A link that is deleted while its connection is up is made again at once."""
        self.run('nmcli', 'connection', 'down', self.connection)

    def settle(self, bridge):
        self.run('nmcli', 'connection', 'load', MANAGER_FILE)

    def after_removal(self):
        self.run('nmcli', 'general', 'reload', 'conf')
        self.run('nmcli', 'connection', 'reload')

    def remedy(self, bridge):
        return "look at 'nmcli connection show %s' and 'journalctl -u NetworkManager' on the host" % self.connection


class Netplan(Tool):
    """Writes files for one of the two others, by its renderer."""

    name = 'netplan'

    def backend(self):
        if is_active(self.module, 'systemd-networkd') or self.module.get_bin_path('nmcli') is None:
            return Networkd(self.module)
        manager = NetworkManager(self.module)
        manager.connection = 'netplan-weave'
        return manager

    def is_up(self, bridge):
        return self.backend().is_up(bridge)

    def knows(self, bridge):
        return os.path.exists(NETPLAN_FILE)

    def raise_bridge(self, bridge):
        """Not by 'netplan apply', which may take the host's other interfaces down."""
        self.must(bridge, 'netplan', 'generate')
        backend = self.backend()
        if backend.name == 'networkd':
            return backend.raise_bridge(bridge)
        self.must(bridge, 'nmcli', 'connection', 'reload')
        return self.must(bridge, 'nmcli', '--wait', str(SECONDS_MAX), 'connection', 'up', backend.connection)

    def lower_bridge(self, bridge):
        self.backend().lower_bridge(bridge)

    def settle(self, bridge):
        self.run('netplan', 'generate')

    def after_removal(self):
        self.run('netplan', 'generate')
        self.backend().after_removal()

    def remedy(self, bridge):
        return "look at 'netplan get bridges.%s' on the host; %s" % (bridge, self.backend().remedy(bridge))


TOOLS = {tool.name: tool for tool in (Ifupdown, Networkd, NetworkManager, Netplan)}
