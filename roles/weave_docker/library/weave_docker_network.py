#!/usr/bin/python
"""Compares the network that Docker really uses with the planned one: a wrong one it takes over, and keeps, without a word."""

DOCUMENTATION = r'''
module: weave_docker_network
short_description: Makes sure that Docker hands out addresses of the planned range on the bridge
options:
  bridge: {type: str, required: true, description: name of the bridge}
  address: {type: str, required: true, description: the bridge's address with its prefix length}
  range: {type: str, required: true, description: the host's container range}
'''

import ipaddress
import json
import time

from ansible.module_utils.basic import AnsibleModule
from ansible.module_utils.weave_host import Refusal, Service, log_hint, remove, run_refusable
from ansible.module_utils.weave_network import addresses_of

READY_SECONDS = 30
BRIDGE_OPTION = 'com.docker.network.bridge.name'


def check(module):
    docker = Service(module, 'docker')
    problem = problem_of(module, docker)
    if problem is None:
        return {'changed': False}
    refuse_live_containers(module, problem)
    if not module.check_mode:
        docker.restart()
        if problem_of(module, docker) is not None:
            forget_network(module, docker)
    return {'changed': True, 'note': problem + '; corrected'}


def refuse_live_containers(module, problem):
    """With live-restore Docker keeps its network for as long as a container runs on it."""
    is_live = docker_text(module, ['info', '--format', '{{.LiveRestoreEnabled}}']) == 'true'
    running = docker_text(module, ['ps', '--filter', 'network=bridge', '--format', '{{.Names}}']).split()
    if is_live and running:
        raise Refusal('%s: with live-restore it keeps its network while containers run (%s)' % (problem, ', '.join(running)),
                      "stop these containers with 'docker stop' and run again; they can be started afterwards")


def forget_network(module, docker):
    problem = problem_of(module, docker)
    root = docker_text(module, ['info', '--format', '{{.DockerRootDir}}'])
    if is_used(module):
        raise Refusal('%s; Docker remembers it from before and has containers or networks' % problem,
                      'remove all containers and own networks, then: service docker stop; rm -r %s/network; service docker start'
                      % root)
    docker.stop()
    remove(root + '/network')
    remove_foreign_addresses(module)
    docker.start()
    again = problem_of(module, docker)
    if again is not None:
        raise Refusal(again, "compare 'docker network inspect bridge' with 'ip address show %s' on the host"
                      % module.params['bridge'])


def remove_foreign_addresses(module):
    """What Docker has put on the bridge it would find there again, and take for the bridge's own."""
    bridge, planned = module.params['bridge'], module.params['address']
    out = module.run_command(['ip', '-o', '-4', 'address', 'show', 'dev', bridge], check_rc=True)[1]
    for address in addresses_of(out.splitlines()):
        if address != planned and ipaddress.ip_interface(address).network != ipaddress.ip_interface(planned).network:
            module.run_command(['ip', 'address', 'del', address, 'dev', bridge], check_rc=True)


def problem_of(module, docker):
    network = inspect_bridge(module, docker)
    configs = (network.get('IPAM') or {}).get('Config') or [{}]
    actual = {'bridge': (network.get('Options') or {}).get(BRIDGE_OPTION),
              'subnet': configs[0].get('Subnet'), 'range': configs[0].get('IPRange')}
    planned = {'bridge': module.params['bridge'], 'range': module.params['range'],
               'subnet': str(ipaddress.ip_interface(module.params['address']).network)}
    wrong = [name for name in sorted(planned) if actual[name] != planned[name]]
    if not wrong:
        return None
    return 'Docker uses ' + ', '.join('%s %s where %s is planned' % (name, actual[name], planned[name]) for name in wrong)


def inspect_bridge(module, docker):
    """An init script returns before Docker answers."""
    deadline = time.time() + READY_SECONDS
    while True:
        code, out, err = module.run_command(['docker', 'network', 'inspect', 'bridge'])
        if code == 0:
            return json.loads(out)[0]
        if time.time() > deadline:
            raise Refusal('Docker does not answer: %s' % err.strip(), log_hint(docker.init, 'docker'))
        time.sleep(0.25)


def is_used(module):
    """The router makes the network 'weave' again by itself."""
    networks = docker_text(module, ['network', 'ls', '--filter', 'type=custom', '--format', '{{.Name}}']).split()
    return bool(docker_text(module, ['ps', '--all', '--quiet']) or set(networks) - {'weave'})


def docker_text(module, argv):
    return module.run_command(['docker'] + argv, check_rc=True)[1].strip()


def main():
    names = ('bridge', 'address', 'range')
    module = AnsibleModule(argument_spec={name: {'type': 'str', 'required': True} for name in names},
                           supports_check_mode=True)
    run_refusable(module, check)


if __name__ == '__main__':
    main()
