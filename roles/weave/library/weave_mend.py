#!/usr/bin/python
"""Mends on a host what can be mended without hurting anybody."""

DOCUMENTATION = r'''
module: weave_mend
short_description: Does some of a few harmless repairs
options:
  bridge: {type: str, required: true, description: name of the bridge}
  address: {type: str, required: true, description: the bridge's planned address with its prefix length}
  deeds: {type: list, elements: str, required: true, description: the repairs to do, in their order}
'''

import json
import os

from ansible.module_utils.basic import AnsibleModule
from ansible.module_utils.weave_host import Refusal, Service, run_refusable
from ansible.module_utils.weave_networking import tool_of

SECRETS = ('/var/lib/weave/identity.pem', '/etc/weave/admission.key', '/var/lib/weave/password')


def mend(module):
    done = []
    for deed in module.params['deeds']:
        if deed not in DEEDS:
            raise Refusal("'%s' is no known repair" % deed, 'update both halves to the same release')
        if not module.check_mode:
            DEEDS[deed](module)
        done.append(deed)
    return {'changed': bool(done), 'answer': {'done': done}}


def raise_bridge(module):
    tool_of(module).raise_bridge(module.params['bridge'])


def address_bridge(module):
    module.run_command(['ip', 'address', 'replace', module.params['address'], 'dev', module.params['bridge']], check_rc=True)


def resize_bridge(module):
    with open('/etc/weave/agent-config.json') as file:
        mtu = json.load(file)['bridge']['mtu']
    module.run_command(['ip', 'link', 'set', 'dev', module.params['bridge'], 'mtu', str(mtu)], check_rc=True)


def close_secrets(module):
    for path in SECRETS:
        if os.path.exists(path):
            os.chown(path, 0, 0)
            os.chmod(path, 0o600)


def start_router(module):
    Service(module, 'weave').start()


def start_docker(module):
    Service(module, 'docker').start()


def enable_router(module):
    Service(module, 'weave').enable()


DEEDS = {
    'raise-bridge': raise_bridge, 'address-bridge': address_bridge, 'resize-bridge': resize_bridge,
    'close-secrets': close_secrets,
    'start-router': start_router, 'enable-router': enable_router, 'start-docker': start_docker,
}


def main():
    module = AnsibleModule(
        argument_spec={
            'bridge': {'type': 'str', 'required': True},
            'address': {'type': 'str', 'required': True},
            'deeds': {'type': 'list', 'elements': 'str', 'required': True},
        },
        supports_check_mode=True,
    )
    run_refusable(module, mend)


if __name__ == '__main__':
    main()
