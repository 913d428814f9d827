#!/usr/bin/python
"""Brings the bridge up through what the host brings its interfaces up with, and changes its address in place: a bounce would cut running containers off."""

DOCUMENTATION = r'''
module: weave_bridge
short_description: Makes sure that the bridge is up and has its address
options:
  name: {type: str, required: true, description: name of the bridge}
  address: {type: str, required: true, description: its address with the prefix length}
  tool: {type: str, default: auto, choices: [auto, ifupdown, netplan, networkd, network-manager], description: what brings it up}
'''

from ansible.module_utils.basic import AnsibleModule
from ansible.module_utils.weave_host import Record, Refusal, run_refusable
from ansible.module_utils.weave_network import addresses_of
from ansible.module_utils.weave_networking import TOOLS, tool_of


def bring_up(module):
    name, address = module.params['name'], module.params['address']
    record, tool = Record(), tool_of(module, module.params['tool'])
    former = record.content.get('bridge_address')
    had = addresses(module, name)
    is_up = had is not None and tool.is_up(name)
    changed = not is_up or address not in had
    if module.check_mode:
        return result_of(changed, had, address)
    if not is_up:
        tool.raise_bridge(name)
    all_stale = stale_addresses(addresses(module, name) or [], address, former)
    for stale in all_stale:
        module.run_command(['ip', 'address', 'del', stale, 'dev', name], check_rc=True)
        changed = True
    if all_stale or is_up:
        # The kernel takes every other address of the same subnet away with the first one.
        module.run_command(['ip', 'address', 'replace', address, 'dev', name], check_rc=True)
    if changed:
        tool.settle(name)
    assert_address(module, tool, address)
    record.content['bridge_address'], record.content['network_tool'] = address, tool.name
    record.save()
    return result_of(changed, had, address)


def addresses(module, name):
    code, out, _err = module.run_command(['ip', '-o', '-4', 'address', 'show', 'dev', name])
    return addresses_of(out.splitlines()) if code == 0 else None


def stale_addresses(present, address, former):
    """The one that we gave it before, and the same address with another prefix length."""
    ip = address.split('/')[0]
    return [one for one in present if one != address and (one == former or one.split('/')[0] == ip)]


def assert_address(module, tool, address):
    """Docker on a bridge without its address takes a network of its own, and says nothing."""
    name = module.params['name']
    if address not in (addresses(module, name) or []):
        raise Refusal("bridge '%s' is up without its address %s" % (name, address), tool.remedy(name))


def result_of(changed, had, address):
    before = ''.join('%s\n' % one for one in had or [])
    return {'changed': changed, 'diff': {'before_header': 'bridge', 'after_header': 'bridge', 'before': before,
                                         'after': address + '\n' if changed else before}}


def main():
    module = AnsibleModule(
        argument_spec={
            'name': {'type': 'str', 'required': True},
            'address': {'type': 'str', 'required': True},
            'tool': {'type': 'str', 'default': 'auto', 'choices': ['auto'] + sorted(TOOLS)},
        },
        supports_check_mode=True,
    )
    run_refusable(module, bring_up)


if __name__ == '__main__':
    main()
