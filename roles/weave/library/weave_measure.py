#!/usr/bin/python
"""Measures the ways from this host, and from a container on it, to the bridges and containers of others."""

DOCUMENTATION = r'''
module: weave_measure
short_description: Listens for, or makes, measurements of loss, round trip, MTU and throughput across the overlay
options:
  deed: {type: str, required: true, choices: [listen, measure], description: open places to be measured, or measure those of others}
  bridge: {type: str, required: true, description: name of the bridge}
  places: {type: list, elements: dict, default: [], description: what others have said to `listen`}
  seconds: {type: float, default: 0.2, description: how long to send for each throughput; 0 leaves it out}
  lasting: {type: int, default: 120, description: how long to listen at most}
'''

from ansible.module_utils.basic import AnsibleModule
from ansible.module_utils.weave_host import docker_is_installed, read_text, run_refusable
from ansible.module_utils.weave_network import addresses_of
from ansible.module_utils.weave_wire import containers_on_bridge, run_probe, start_sink


def work(module):
    here = places_of(module)
    if module.params['deed'] == 'listen':
        seconds = module.params['seconds']
        opened = [dict(place, port=start_sink(place['pid'], place['address'], module.params['lasting']) if seconds > 0 else None)
                  for place in here]
        return {'changed': False, 'places': opened}
    rows, problems = [], []
    for place in here:
        others = [other for other in module.params['places'] if other['kind'] == place['kind']]
        found, problem = run_probe(module, place['pid'], others, module.params['seconds'])
        rows += [dict(row, source=place['name'], sourceKind=place['kind']) for row in found]
        problems += [problem] if problem else []
    return {'changed': False, 'answer': {'places': here, 'rows': rows, 'problems': problems}}


def places_of(module):
    """The bridge, and one container where there is one."""
    bridge = module.params['bridge']
    lines = module.run_command(['ip', '-o', '-4', 'address', 'show', 'dev', bridge])[1].splitlines()
    mtu = int((read_text('/sys/class/net/%s/mtu' % bridge) or '1376').strip())
    places = [{'kind': 'host', 'name': bridge, 'pid': '', 'address': address.split('/')[0], 'mtu': mtu}
              for address in addresses_of(lines)[:1]]
    if docker_is_installed() and module.get_bin_path('nsenter') is not None:
        places += [{'kind': 'container', 'name': one['name'], 'pid': one['pid'], 'address': one['address'], 'mtu': mtu}
                   for one in containers_on_bridge(module, 1)]
    return places


def main():
    module = AnsibleModule(
        argument_spec={
            'deed': {'type': 'str', 'required': True, 'choices': ['listen', 'measure']},
            'bridge': {'type': 'str', 'required': True},
            'places': {'type': 'list', 'elements': 'dict', 'default': []},
            'seconds': {'type': 'float', 'default': 0.2},
            'lasting': {'type': 'int', 'default': 120},
        },
        supports_check_mode=True,
    )
    run_refusable(module, work)


if __name__ == '__main__':
    main()
