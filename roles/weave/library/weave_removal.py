#!/usr/bin/python
"""Takes everything away again: what was there before comes back, Docker with its former configuration and state."""

DOCUMENTATION = r'''
module: weave_removal
short_description: Returns a host to what it was before the overlay
options:
  bridge: {type: str, required: true, description: name of the bridge}
'''

import os
import time

from ansible.module_utils.basic import AnsibleModule
from ansible.module_utils.weave_host import (
    OPT, STATE, TEXT_LINKS, Record, Service, docker_is_installed, init_system, read_bytes, remove, run_refusable)
from ansible.module_utils.weave_networking import tool_of

COMMAND = '/usr/local/bin/weave'
DOCKER_ATTEMPTS = 60
RULES = (('filter', 'FORWARD', 'WEAVE-EXPOSE'), ('filter', 'INPUT', 'WEAVE-INPUT'), ('nat', 'POSTROUTING', 'WEAVE'))
PROGRAMS = (('iptables', RULES), ('ip6tables', RULES[:2]))
# As in src/core/mesh/tunnel-address.ts.
TUNNEL_NETWORK = '169.254.96.0/20'
# The state folder goes last: while it is there, a run that was cut off can be done again.
OWN_PATHS = (COMMAND, '/run/weave', '/var/log/weave.log', '/etc/weave', OPT, STATE)


def take_away(module):
    record = Record()
    bridge = module.params['bridge']
    links = [name for name in (bridge, bridge + '-tap', bridge + '-vx', bridge + '-wg') if os.path.exists('/sys/class/net/' + name)]
    texts = [link for link, target in TEXT_LINKS.items() if os.path.islink(link) and os.readlink(link) == target]
    paths = texts + [path for path in OWN_PATHS if os.path.lexists(path)]
    changed = bool(record.files or links or paths)
    result = {'changed': changed, 'diff': [difference(record, path) for path in sorted(record.files)],
              'removed': links + paths, 'restored': sorted(record.files)}
    if module.check_mode or not changed:
        return result
    docker = Service(module, 'docker')
    is_docker_ours = any(entry['part'] == 'docker' for entry in record.files.values()) and docker_is_installed()
    stopped = stop_docker(module, docker) if is_docker_ours else []
    stop_router(module)
    remove_rules(module)
    tool = tool_of(module)
    take_down(module, tool, bridge)
    put_back(module, record)
    tool.after_removal()
    if is_docker_ours:
        start_docker_as_before(module, docker, record.content['docker'] or {'active': True, 'enabled': True})
        if stopped and docker.is_active():
            module.run_command(['docker', 'start'] + stopped, check_rc=True)
    for path in paths:
        remove(path)
    return result


def difference(record, path):
    before, after = read_bytes(path), record.original_of(path)
    is_secret = path.endswith('.key')
    return {'before_header': path, 'after_header': path,
            'before': '(secret)\n' if is_secret else (before or b'').decode('utf-8', 'replace'),
            'after': (after or b'').decode('utf-8', 'replace')}


def stop_docker(module, docker):
    """Returns the containers that lose their network. They are stopped first: with live-restore, or where an init script is
    impatient, they would outlive Docker. Its socket would start it again at the first request."""
    containers = []
    if docker.is_active():
        code, out, _err = module.run_command(['docker', 'ps', '--quiet', '--filter', 'network=bridge'])
        containers = out.split() if code == 0 else []
    if containers:
        module.run_command(['docker', 'stop'] + containers, check_rc=True)
    if docker.init == 'systemd':
        module.run_command(['systemctl', 'stop', 'docker.socket'])
    if docker.is_active():
        docker.stop()
    return containers


def stop_router(module):
    router = Service(module, 'weave')
    if not router.exists():
        return
    if router.is_active():
        router.stop()
    router.disable()


def remove_rules(module):
    """The router's chains and its table, and nothing of others. What is not there is no matter."""
    for program, rules in PROGRAMS:
        if module.get_bin_path(program) is None:
            continue
        for table, source, chain in rules:
            for words in (['-D', source, '-j', chain], ['-F', chain], ['-X', chain]):
                module.run_command([program, '--wait', '-t', table] + words)
    if module.get_bin_path('nft') is not None:
        module.run_command(['nft', 'delete', 'table', 'bridge', 'weave'])


def take_down(module, tool, bridge):
    tool.lower_bridge(bridge)
    for name in (bridge + '-tap', bridge + '-vx', bridge + '-wg', bridge):
        if os.path.exists('/sys/class/net/' + name):
            module.run_command(['ip', 'link', 'delete', name], check_rc=True)
    # Where there was no encrypted fast path, there is no such route.
    module.run_command(['ip', 'route', 'delete', 'blackhole', TUNNEL_NETWORK])


def put_back(module, record):
    for path in sorted(record.files):
        record.restore_file(path)
    for folder in sorted(record.content['folders'], key=len, reverse=True):
        if os.path.isdir(folder) and not os.listdir(folder):
            os.rmdir(folder)
    if init_system() == 'systemd':
        module.run_command(['systemctl', 'daemon-reload'], check_rc=True)
    elif not os.path.exists('/etc/init.d/weave') and module.get_bin_path('update-rc.d'):
        module.run_command(['update-rc.d', 'weave', 'remove'])


def start_docker_as_before(module, docker, before):
    if before['active']:
        docker.start()
        wait_for_docker(module)
    if not before['enabled']:
        docker.disable()


def wait_for_docker(module):
    """An init script returns before Docker answers."""
    for _attempt in range(DOCKER_ATTEMPTS):
        if module.run_command(['docker', 'version'])[0] == 0:
            return
        time.sleep(0.5)


def main():
    module = AnsibleModule(argument_spec={'bridge': {'type': 'str', 'required': True}}, supports_check_mode=True)
    run_refusable(module, take_away)


if __name__ == '__main__':
    main()
