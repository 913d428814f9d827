"""What a host is like, for the plan and its preflight: read, never judged, and nothing secret among it."""

import hashlib
import json
import os
import platform
import re
import time

from ansible.module_utils.weave_host import (
    OPT, STATE, Record, Service, docker_is_installed, mode_of, read_bytes, read_text)
from ansible.module_utils.weave_networking import tool_of

COMMAND = '/usr/local/bin/weave'
CONFIGURATION = '/etc/weave/agent-config.json'
# As installed, and as heard from other routers since.
MANIFESTS = ('/etc/weave/manifest.json', STATE + '/manifest.json')
TEXT_MAX = 262144
TOOLS = ('ip', 'tc', 'tar', 'python3', 'nsenter')
# What the kernel may bring along: its module, and what tries it where no list of modules tells.
NEW_LINK = ['ip', 'link', 'add', 'probe', 'type']
FEATURES = {
    'bridge': ('bridge', NEW_LINK + ['bridge']),
    'vxlan': ('vxlan', NEW_LINK + ['vxlan', 'id', '1', 'dstport', '4789']),
    'wireguard': ('wireguard', NEW_LINK + ['wireguard']),
    'clsact': ('sch_ingress', ['tc', 'qdisc', 'add', 'dev', 'lo', 'clsact']),
}
# There is no file of this name in a kernel without bpf(2).
BPF_SWITCH = '/proc/sys/kernel/unprivileged_bpf_disabled'
# A router that sees everybody answers at once; one that does not is not waited for here.
REACH_SECONDS = '1'
UNREACHED = re.compile(r'^error: (\S+) \(\S+\) is not reachable', re.MULTILINE)


def survey(module, found):
    """What `weave_probe` has found, and what the plan compares with."""
    record = Record()
    docker = Service(module, 'docker')
    router = Service(module, 'weave')
    return dict(
        found,
        time=time.time(),
        files=fingerprints(record, module.params['paths'], module.params['texts']),
        release=current_release(),
        pending=record.pending,
        bridge={'isUp': bridge_is_up(module), 'addresses': bridge_addresses(module)},
        services={'weave': service_of(router), 'docker': service_of(docker)},
        docker=docker_of(module) if docker_is_installed() else None,
        unreached=unreached(module) if router.is_active() else None,
        system=system_of(module),
        operatorLock=operator_lock(),
    )


def fingerprints(record, paths, texts):
    found = {}
    for path in sorted(set(paths) | set(record.files)):
        content = read_bytes(path)
        if content is None:
            continue
        entry = {'digest': hashlib.sha256(content).hexdigest(), 'mode': mode_of(path), 'isOurs': path in record.files,
                 'text': None}
        if path in texts and not path.endswith('.key') and len(content) <= TEXT_MAX:
            entry['text'] = content.decode('utf-8', 'replace')
        found[path] = entry
    return found


def current_release():
    link = OPT + '/current'
    return os.path.basename(os.readlink(link)) if os.path.islink(link) else None


def service_of(service):
    return {'isActive': service.is_active(), 'isEnabled': service.is_enabled()}


def bridge_is_up(module):
    bridge = module.params['bridge']
    return os.path.exists('/sys/class/net/' + bridge) and tool_of(module).is_up(bridge)


def bridge_addresses(module):
    return [interface_text(one) for link in links_of(module) if link.get('ifname') == module.params['bridge']
            for one in link.get('addr_info', []) if one.get('family') == 'inet']


def links_of(module):
    """A host without iproute2 is refused elsewhere, and shown all the same."""
    if module.get_bin_path('ip') is None:
        return []
    return json.loads(module.run_command(['ip', '-j', 'address', 'show'])[1] or '[]')


def interface_text(entry):
    return '%s/%d' % (entry.get('local'), entry.get('prefixlen', 32))


def docker_of(module):
    code, out, err = module.run_command(['docker', 'info', '--format', '{{json .}}'])
    info = json.loads(out) if code == 0 else {}
    if not info.get('ServerVersion'):
        said = ' '.join(info.get('ServerErrors') or []) or err.strip()
        return {'isAnswering': False, 'error': said[:200], 'version': '', 'liveRestore': False, 'root': '',
                'network': None, 'networks': [], 'containers': []}
    networks = docker_networks(module)
    return {
        'isAnswering': True, 'error': '', 'version': info['ServerVersion'],
        'liveRestore': bool(info.get('LiveRestoreEnabled')), 'root': info.get('DockerRootDir') or '',
        'network': next((network for network in networks if network['name'] == 'bridge'), None),
        'networks': networks, 'containers': containers_of(module),
    }


def docker_networks(module):
    ids = module.run_command(['docker', 'network', 'ls', '--quiet'])[1].split()
    code, out, _err = module.run_command(['docker', 'network', 'inspect'] + ids) if ids else (1, '', '')
    listed = json.loads(out) if code == 0 else []
    return [{'name': network['Name'], 'driver': network.get('Driver') or '',
             'bridge': (network.get('Options') or {}).get('com.docker.network.bridge.name') or '',
             'subnets': [one['Subnet'] for one in configs_of(network) if one.get('Subnet')],
             'range': next((one.get('IPRange') or '' for one in configs_of(network)), '')} for network in listed]


def configs_of(network):
    return (network.get('IPAM') or {}).get('Config') or []


def containers_of(module):
    """Those that lose their connections when Docker is restarted, and whether Docker starts them again."""
    ids = module.run_command(['docker', 'ps', '--quiet', '--filter', 'network=bridge'])[1].split()
    if not ids:
        return []
    shape = '{{.Name}} {{.HostConfig.RestartPolicy.Name}}'
    out = module.run_command(['docker', 'inspect', '--format', shape] + ids)[1]
    rows = [line.split() for line in out.splitlines() if line.strip()]
    return [{'name': row[0].lstrip('/'), 'comesBack': len(row) > 1 and row[1] not in ('', 'no')} for row in rows]


def unreached(module):
    code, _out, err = module.run_command([COMMAND, 'status', '--wait', REACH_SECONDS, '--json'])
    missing = sorted(set(UNREACHED.findall(err)))
    return missing if code == 0 or missing else None


def system_of(module):
    return {
        'kernel': platform.release(),
        'interfaces': [{'name': link['ifname'], 'mtu': link.get('mtu', 0),
                        'addresses': [interface_text(one) for one in link.get('addr_info', [])
                                      if one.get('family') in ('inet', 'inet6')]}
                       for link in links_of(module) if 'ifname' in link],
        'missingTools': [tool for tool in TOOLS if module.get_bin_path(tool) is None],
        'missingFeatures': missing_features(module),
        'firewalls': active_firewalls(module),
    }


def active_firewalls(module):
    """Programs that keep rules of their own and put them back; rules made by hand are read as they are."""
    found = {
        'ufw': module.get_bin_path('ufw') is not None and 'ENABLED=yes' in (read_text('/etc/ufw/ufw.conf') or ''),
        'firewalld': module.get_bin_path('firewall-cmd') is not None
                     and module.run_command(['firewall-cmd', '--state'])[0] == 0,
    }
    return sorted(name for name, is_active in found.items() if is_active)


def missing_features(module):
    missing = [name for name, (kernel_module, trial) in FEATURES.items() if not has_feature(module, kernel_module, trial)]
    return sorted(missing + ([] if os.path.exists(BPF_SWITCH) else ['bpf']))


def has_feature(module, kernel_module, trial):
    """Asked of what is loaded and installed; where that does not tell, of the kernel, in a network of its own."""
    if os.path.isdir('/sys/module/' + kernel_module):
        return True
    folder = '/lib/modules/' + platform.release()
    listed = (read_text(folder + '/modules.dep') or '') + (read_text(folder + '/modules.builtin') or '')
    if re.search(r'/%s\.ko' % kernel_module, listed):
        return True
    return all(module.get_bin_path(tool) for tool in ('unshare', trial[0])) and module.run_command(['unshare', '-n'] + trial)[0] == 0


def operator_lock():
    return json_in(STATE + '/operator-lock.json')


def configuration():
    return json_in(CONFIGURATION)


def membership():
    """The cluster that the host is set up for, whoever has done so, and how much of it the host knows."""
    told = configuration()
    if not isinstance(told, dict) or not told.get('clusterId'):
        return None
    versions = [manifest.get('version', 0) for manifest in map(manifest_in, MANIFESTS)
                if manifest.get('clusterId') == told['clusterId']]
    return {'clusterId': told['clusterId'], 'shortId': told.get('shortId', 0), 'manifestVersion': max(versions + [0])}


def manifest_in(path):
    """The signed text is a string within the file; the signature is for the router to judge."""
    signed = json_in(path)
    try:
        manifest = json.loads(signed['manifest']) if isinstance(signed, dict) else None
    except (KeyError, TypeError, ValueError):
        manifest = None
    return manifest if isinstance(manifest, dict) else {}


def json_in(path):
    """What is cut off or is not JSON counts as not there."""
    try:
        return json.loads(read_text(path) or 'null')
    except ValueError:
        return None
