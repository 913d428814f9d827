#!/usr/bin/python
"""Starts a service at once and at every boot, whatever the init system; and says what the service said when it does not start."""

DOCUMENTATION = r'''
module: weave_service
short_description: Starts, restarts, reloads and enables a service under systemd, System V init or upstart
options:
  name: {type: str, required: true, description: name of the service}
  state: {type: str, default: started, choices: [started, restarted, reloaded], description: what is wanted}
  enabled: {type: bool, description: whether it starts at boot; left as it is when absent}
'''

from ansible.module_utils.basic import AnsibleModule
from ansible.module_utils.weave_host import Record, Service, run_refusable


def bring(module):
    service = Service(module, module.params['name'])
    state, is_active = module.params['state'], service.is_active()
    must_restart = state == 'restarted'
    must_reload = state == 'reloaded' and is_active
    must_start = state != 'restarted' and not is_active
    must_enable = bool(module.params['enabled']) and not service.is_enabled()
    if not module.check_mode:
        if must_enable:
            service.enable()
        if must_restart:
            service.restart()
        elif must_reload:
            service.reload()
        elif must_start:
            service.start()
        if must_restart or must_reload or must_start:
            Record().settle_service(service.name)
    wanted = {'started': must_start, 'restarted': must_restart, 'reloaded': must_reload, 'enabled': must_enable}
    return {'changed': any(wanted.values()), 'done': [name for name in sorted(wanted) if wanted[name]]}


def main():
    module = AnsibleModule(
        argument_spec={
            'name': {'type': 'str', 'required': True},
            'state': {'type': 'str', 'default': 'started', 'choices': ['started', 'restarted', 'reloaded']},
            'enabled': {'type': 'bool'},
        },
        supports_check_mode=True,
    )
    run_refusable(module, bring)


if __name__ == '__main__':
    main()
