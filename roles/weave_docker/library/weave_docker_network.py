#!/usr/bin/python
"""Compares the network that Docker really uses with the planned one: a wrong one it takes over, and keeps, without a word."""

DOCUMENTATION = r'''
module: weave_docker_network
short_description: Makes sure that Docker hands out addresses of the planned range on the bridge
options:
  bridge: {type: str, required: true, description: name of the bridge}
  address: {type: str, required: true, description: the bridge's address with its prefix length}
  range: {type: str, required: true, description: the host's container range}
  before_restart: {type: bool, default: false, description: 'only makes Docker forget a former address of the bridge, and leaves it stopped'}
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
    if module.params['before_restart'] and not docker.is_active():
        return {'changed': False}
    problem = problem_of(module, docker)
    is_moved = has_former_address(module, docker)
    if problem is None or (module.params['before_restart'] and not is_moved):
        return {'changed': False}
    refuse_live_containers(module, problem)
    if not module.check_mode:
        correct(module, docker, is_moved)
    return {'changed': True, 'note': problem + '; corrected'}


def correct(module, docker, is_moved):
    """Started with a memory of another address of the bridge, Docker would put that one back in the planned one's place."""
    if is_moved:
        forget_network(module, docker)
        return
    docker.restart()
    if problem_of(module, docker) is not None:
        forget_network(module, docker)


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
    own = own_networks(module)
    if own:
        raise Refusal('%s; Docker remembers it from before, beside networks of its own (%s)' % (problem, ', '.join(own)),
                      "remove these with 'docker network rm' and run again; they can be made again afterwards")
    former = network_of(module, docker)['gateway']
    if docker.init == 'systemd':
        # Not every Docker has one; whoever speaks to it meanwhile would start Docker.
        module.run_command(['systemctl', 'stop', 'docker.socket'])
    docker.stop()
    remove(root + '/network')
    put_back_address(module, former)
    if module.params['before_restart']:
        return
    docker.start()
    again = problem_of(module, docker)
    if again is not None:
        raise Refusal(again, "compare 'docker network inspect bridge' with 'ip address show %s' on the host"
                      % module.params['bridge'])


def put_back_address(module, former):
    """What Docker has put on the bridge it would find there again, and take for the bridge's own."""
    bridge, planned = module.params['bridge'], ipaddress.ip_interface(module.params['address'])
    out = module.run_command(['ip', '-o', '-4', 'address', 'show', 'dev', bridge], check_rc=True)[1]
    for address in [ipaddress.ip_interface(text) for text in addresses_of(out.splitlines())]:
        if address != planned and (address.network != planned.network or str(address.ip) == former):
            module.run_command(['ip', 'address', 'del', str(address), 'dev', bridge], check_rc=True)
    module.run_command(['ip', 'address', 'replace', str(planned), 'dev', bridge], check_rc=True)


def problem_of(module, docker):
    actual = network_of(module, docker)
    address = ipaddress.ip_interface(module.params['address'])
    planned = {'bridge': module.params['bridge'], 'range': module.params['range'], 'subnet': str(address.network)}
    if actual['gateway']:
        planned['gateway'] = str(address.ip)
    wrong = [name for name in sorted(planned) if actual[name] != planned[name]]
    if not wrong:
        return None
    return 'Docker uses ' + ', '.join('%s %s where %s is planned' % (name, actual[name], planned[name]) for name in wrong)


def has_former_address(module, docker):
    actual = network_of(module, docker)
    address = ipaddress.ip_interface(module.params['address'])
    former = (actual['gateway'] or str(address.ip), actual['subnet'])
    return actual['bridge'] == module.params['bridge'] and former != (str(address.ip), str(address.network))


def network_of(module, docker):
    """The gateway of containers is the bridge's address."""
    network = inspect_bridge(module, docker)
    config = ((network.get('IPAM') or {}).get('Config') or [{}])[0]
    return {'bridge': (network.get('Options') or {}).get(BRIDGE_OPTION),
            'gateway': (config.get('Gateway') or '').split('/')[0],
            'subnet': config.get('Subnet'), 'range': config.get('IPRange')}


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


def own_networks(module):
    """The router makes the network 'weave' again by itself, and containers on the bridge find it by its name."""
    networks = docker_text(module, ['network', 'ls', '--filter', 'type=custom', '--format', '{{.Name}}']).split()
    return sorted(set(networks) - {'weave'})


def docker_text(module, argv):
    return module.run_command(['docker'] + argv, check_rc=True)[1].strip()


def main():
    spec = {name: {'type': 'str', 'required': True} for name in ('bridge', 'address', 'range')}
    spec['before_restart'] = {'type': 'bool', 'default': False}
    module = AnsibleModule(argument_spec=spec, supports_check_mode=True)
    run_refusable(module, check)


if __name__ == '__main__':
    main()
