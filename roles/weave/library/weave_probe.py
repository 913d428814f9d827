#!/usr/bin/python
"""Reads what the plan needs to know of a host, and refuses hosts that cannot carry the overlay."""

DOCUMENTATION = r'''
module: weave_probe
short_description: Reads a host and refuses what cannot work, before anything is changed
options:
  subnet: {type: str, required: true, description: the overlay's network}
  added_ranges: {type: list, elements: str, default: [], description: networks that routers hand out besides}
  port: {type: int, required: true, description: the router's port}
  bridge: {type: str, required: true, description: name of the bridge}
  agent_digest: {type: str, required: true, description: digest of the release to ship}
  runtime_version: {type: str, required: true, description: version of the Node runtime to ship}
  node: {type: str, default: shipped, choices: [shipped, auto], description: whether a host's own Node may serve}
  network_tool: {type: str, default: auto, choices: [auto, ifupdown, netplan, networkd, network-manager], description: what brings interfaces up}
  surveys: {type: bool, default: false, description: tell all that the plan asks for, and refuse nothing}
  paths: {type: list, elements: str, default: [], description: files to fingerprint beside those that were installed}
  texts: {type: list, elements: str, default: [], description: files to read whole; never one that is secret}
'''

import glob
import os
import platform
import re

from ansible.module_utils.basic import AnsibleModule
from ansible.module_utils.weave_host import (
    OPT, SHARED_FILES, Record, Refusal, Service, docker_is_installed, init_system, read_bytes, read_text, run_refusable)
from ansible.module_utils.weave_network import addresses_of, inodes_on_port, overlaps
from ansible.module_utils.weave_networking import TOOLS, tool_of
from ansible.module_utils.weave_survey import docker_networks, links_of, membership, survey

NODE_MAJOR_MIN = 20
# What the Node.js that is shipped was linked with.
GLIBC_MIN = (2, 28)
# UDP ports of the fast path, which the kernel itself holds: in the clear, and in WireGuard.
KERNEL_PORTS = (6784, 6785)
UNSEEN = 'a process that cannot be seen'
SHOWN_MAX = 120
MACHINES = ('x86_64', 'amd64')
# Unpacked, with the archive beside it while it is unpacked.
RUNTIME_MEGABYTES, AGENT_MEGABYTES, FILES_MEGABYTES = 240, 40, 8


def probe(module):
    release = OPT + '/releases/' + module.params['agent_digest']
    runtime = OPT + '/runtimes/' + module.params['runtime_version']
    needs_runtime = not os.path.exists(runtime + '/bin/node') and not own_node_serves(module)
    needs_agent = not os.path.isdir(release)
    problems = refusals(
        lambda: refuse_unfit_machine(platform.libc_ver(), needs_runtime), lambda: refuse_missing_tools(module), lambda: refuse_missing_tun(),
        lambda: refuse_full_disk(needs_runtime, needs_agent), lambda: refuse_overlap(module),
        lambda: refuse_busy_port(module.params['port']))
    if problems and not module.params['surveys']:
        raise Refusal('; '.join(problem['cause'] for problem in problems),
                      '; '.join(problem['remedy'] for problem in problems))
    router, init = Service(module, 'weave'), init_system()
    found = {
        'changed': False,
        'needs_runtime': needs_runtime,
        'needs_agent': needs_agent,
        'uses_own_node': own_node_serves(module) and not os.path.exists(runtime + '/bin/node'),
        'init_system': init,
        'router_is_active': router.is_active(),
        'facts': {
            'publicKey': public_key(module),
            'initSystem': init,
            'networkTool': tool_of(module, module.params['network_tool']).name,
            'dockerPackage': docker_package(module),
            'dockerUnitReadsDefaults': docker_reads_defaults(init),
            'addresses': underlay_addresses(module),
            'files': {path: read_text(path) for path in SHARED_FILES},
            'bridge': bridge_facts(module, Record()),
            'dockerMemory': docker_memory(Record()),
        },
    }
    if membership() is not None:
        found['facts']['membership'] = membership()
    if not module.params['surveys']:
        return found
    return {'changed': False, 'survey': survey(module, {
        'facts': found['facts'], 'problems': problems, 'needsAgent': needs_agent, 'needsRuntime': needs_runtime,
        'busyPorts': busy_ports()})}


def refusals(*checks):
    """All that stands against the host, not only the first."""
    found = []
    for check in checks:
        try:
            check()
        except Refusal as refusal:
            found.append({'cause': refusal.cause, 'remedy': refusal.remedy})
    return found


def refuse_unfit_machine(library, needs_runtime):
    if platform.machine() not in MACHINES:
        raise Refusal('the machine is %s, and only x86_64 is supported' % platform.machine(),
                      'leave the host out of the group')
    name, version = library
    if needs_runtime and name == 'glibc' and tuple(map(int, re.findall(r'\d+', version)[:2])) < GLIBC_MIN:
        raise Refusal('the host has glibc %s, and the Node.js that is shipped needs %d.%d' % ((version,) + GLIBC_MIN),
                      'use a later release of its distribution, or install Node.js %d or later and set weave_node: auto' % NODE_MAJOR_MIN)


def refuse_missing_tools(module):
    tool_of(module, module.params['network_tool']).refuse_if_missing()
    if module.get_bin_path('ip') is None:
        raise Refusal('iproute2 is missing: there is no ip on the host', "install it: 'apt-get install iproute2'")


def refuse_missing_tun():
    if not os.path.exists('/dev/net/tun') and not tun_can_be_loaded():
        raise Refusal('the kernel has no TUN device (/dev/net/tun)',
                      "load it with 'modprobe tun', or give the container /dev/net/tun")


def tun_can_be_loaded():
    folder = '/lib/modules/' + platform.release()
    listed = (read_text(folder + '/modules.dep') or '') + (read_text(folder + '/modules.builtin') or '')
    return re.search(r'/tun\.ko', listed) is not None


def refuse_full_disk(needs_runtime, needs_agent):
    needed = {'/opt': FILES_MEGABYTES + RUNTIME_MEGABYTES * needs_runtime + AGENT_MEGABYTES * needs_agent,
              '/etc': FILES_MEGABYTES, '/var/lib': FILES_MEGABYTES}
    for folder, megabytes in needed.items():
        existing = folder if os.path.isdir(folder) else '/'
        status = os.statvfs(existing)
        free = status.f_bavail * status.f_frsize // 1048576
        if free < megabytes:
            raise Refusal('No space left on device: %s has %d MB free and needs %d MB' % (folder, free, megabytes),
                          'free some space on the host and run again')


def refuse_overlap(module):
    """The overlay's own bridge has its addresses there, and stays out of it."""
    if module.get_bin_path('ip') is None:
        return
    lines = []
    for family in ('-4', '-6'):
        for kind in ('address', 'route'):
            lines += module.run_command(['ip', '-o', family, kind, 'show'], check_rc=family == '-4')[1].splitlines()
    for name, networks in (('weave_subnet', [module.params['subnet']]), ('weave_added_ranges', module.params['added_ranges'])):
        found = overlaps(networks, lines, module.params['bridge']) + docker_overlaps(module, networks)
        if found:
            raise Refusal('the overlay %s overlaps %s' % (', '.join(networks), ', '.join(found)),
                          "'ip route' on the host shows who uses it: take it away there, or set %s to what no host uses" % name)


def docker_overlaps(module, overlay):
    """A network of Docker's need not have a route while nothing uses it. Those on our own bridge and of our driver are ours."""
    if not docker_is_installed() or module.get_bin_path('docker') is None:
        return []
    listed = [(network['name'], subnet) for network in docker_networks(module) for subnet in network['subnets']
              if network['bridge'] != module.params['bridge'] and network['driver'] != 'weavemesh']
    return ["%s of Docker's network '%s'" % (subnet, name) for name, subnet in listed
            if overlaps(overlay, ['%s dev docker' % subnet], module.params['bridge'])]


def refuse_busy_port(port):
    holder = holder_of(sockets_on(port, ('tcp', 'tcp6', 'udp', 'udp6')))
    if holder is not None:
        raise Refusal('port %d is in use by %s' % (port, holder), 'stop it, or set weave_port to another port')


def busy_ports():
    """Who keeps the kernel from ports of its own. What no process holds is the kernel's, as our own devices are."""
    holders = [(port, holder_of(sockets_on(port, ('udp', 'udp6')))) for port in KERNEL_PORTS]
    return [{'port': port, 'holder': holder} for port, holder in holders if holder not in (None, UNSEEN)]


def sockets_on(port, tables):
    inodes = set()
    for name in tables:
        inodes |= inodes_on_port(read_text('/proc/net/' + name) or '', port, name.startswith('tcp'))
    return inodes


def holder_of(inodes):
    if not inodes:
        return None
    wanted = {'socket:[%s]' % inode for inode in inodes}
    for link in glob.glob('/proc/[0-9]*/fd/*'):
        try:
            if os.readlink(link) not in wanted:
                continue
        except OSError:
            continue
        pid = link.split('/')[2]
        if is_router(pid):
            return None
        words = (read_bytes('/proc/%s/cmdline' % pid) or b'').decode('utf-8', 'replace').replace('\0', ' ').split()
        return 'process %s (%s)' % (pid, ' '.join(words)[:SHOWN_MAX])
    return UNSEEN


def is_router(pid):
    """Told by its program and its pid file: a process may call itself what it likes."""
    try:
        program = os.readlink('/proc/%s/exe' % pid)
    except OSError:
        program = ''
    return program.startswith(OPT + '/') or pid == (read_text('/run/weave/weave.pid') or '').strip()


def own_node_serves(module):
    if module.params['node'] != 'auto':
        return False
    node = module.get_bin_path('node')
    version = module.run_command([node, '--version'])[1].strip() if node else ''
    match = re.match(r'v(\d+)\.', version)
    return match is not None and int(match.group(1)) >= NODE_MAJOR_MIN


def public_key(module):
    """Of an identity that is there: the probe makes none."""
    command = OPT + '/current/bin/weave'
    if not os.path.exists('/var/lib/weave/identity.pem') or not os.path.exists(command):
        return None
    code, out, _err = module.run_command([command, 'identity'])
    return out.strip() if code == 0 else None


def underlay_addresses(module):
    """Of what may lead to other hosts: neither the loopback, nor a bridge of Docker's, nor the overlay's."""
    own = re.compile(r'lo$|docker\d|br-[0-9a-f]{12}$|%s(-|$)' % re.escape(module.params['bridge']))
    return [{'interface': link['ifname'], 'address': one['local']} for link in links_of(module)
            if 'ifname' in link and not own.match(link['ifname'])
            for one in link.get('addr_info', []) if one.get('family') == 'inet']


def docker_package(module):
    if not docker_is_installed():
        return 'none'
    query = ['dpkg-query', '-W', '-f', '${Package} ${db:Status-Abbrev}\n', 'docker-ce', 'docker.io']
    listed = module.run_command(query)[1] if module.get_bin_path('dpkg-query') else ''
    installed = [line.split()[0] for line in listed.splitlines() if ' ii' in line]
    return installed[0] if installed else 'docker-ce'


def docker_reads_defaults(init):
    """Only what others wrote counts: a drop-in of ours must not change the answer that led to it."""
    if init != 'systemd':
        return '/etc/default/' in (read_text('/etc/init.d/docker') or read_text('/etc/init/docker.conf') or '')
    ours = Record().files
    unit = next((text for text in map(read_text, unit_paths()) if text is not None), '')
    drop_ins = [path for path in glob.glob('/etc/systemd/system/docker.service.d/*.conf') if path not in ours]
    texts = [unit] + [read_text(path) or '' for path in sorted(drop_ins)]
    return '/etc/default/docker' in '\n'.join(texts) and '$DOCKER_OPTS' in '\n'.join(texts)


def bridge_facts(module, record):
    """Of the bridge, whoever has made it. The record tells ours from another's."""
    name = module.params['bridge']
    lines = module.run_command(['ip', '-o', '-4', 'address', 'show', 'dev', name])[1] if module.get_bin_path('ip') else ''
    texts = [(path, read_text(path) or '') for path in sorted(glob.glob('/etc/network/interfaces.d/*')) if os.path.isfile(path)]
    stanzas = [{'path': path, 'text': text} for path, text in texts if re.search(r'^\s*iface\s+%s\s' % re.escape(name), text, re.MULTILINE)]
    is_ours = any(entry['part'] == 'bridge' for entry in record.files.values())
    return {'isOurs': is_ours, 'addresses': addresses_of(lines.splitlines()), 'stanzas': stanzas}


def docker_memory(record):
    """What we have told Docker, and what its files said before."""
    kept = [path for path in SHARED_FILES if path in record.files and record.files[path]['part'] == 'docker']
    return {'settings': record.content.get('dockerSettings', {}),
            'originals': {path: text_of(record.original_of(path)) for path in kept}}


def text_of(content):
    return None if content is None else content.decode('utf-8', 'replace')


def unit_paths():
    return [folder + '/docker.service' for folder in ('/etc/systemd/system', '/lib/systemd/system', '/usr/lib/systemd/system')]


def main():
    module = AnsibleModule(
        argument_spec={
            'subnet': {'type': 'str', 'required': True},
            'added_ranges': {'type': 'list', 'elements': 'str', 'default': []},
            'port': {'type': 'int', 'required': True},
            'bridge': {'type': 'str', 'required': True},
            'agent_digest': {'type': 'str', 'required': True},
            'runtime_version': {'type': 'str', 'required': True},
            'node': {'type': 'str', 'default': 'shipped', 'choices': ['shipped', 'auto']},
            'network_tool': {'type': 'str', 'default': 'auto', 'choices': ['auto'] + sorted(TOOLS)},
            'surveys': {'type': 'bool', 'default': False},
            'paths': {'type': 'list', 'elements': 'str', 'default': []},
            'texts': {'type': 'list', 'elements': 'str', 'default': []},
        },
        supports_check_mode=True,
    )
    run_refusable(module, probe)


if __name__ == '__main__':
    main()
