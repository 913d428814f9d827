#!/usr/bin/python
"""Waits until the host reaches every other host of the play. Hosts that are not part of it may be away."""

DOCUMENTATION = r'''
module: weave_reach
short_description: Waits until the router reaches the given hosts
options:
  hosts: {type: list, elements: str, required: true, description: the hosts that must be reachable}
  seconds: {type: int, required: true, description: how long to wait}
'''

import os
import re
import time

from ansible.module_utils.basic import AnsibleModule
from ansible.module_utils.weave_host import Refusal, run_refusable

COMMAND = '/usr/local/bin/weave'
# The command waits for everybody. Asked in short turns, it does not wait for those who do not matter here.
TURN_SECONDS = 3
UNREACHED = re.compile(r'^error: (\S+) \(\S+\) is not reachable', re.MULTILINE)


def wait(module):
    if not os.path.exists(COMMAND):
        raise Refusal('the overlay is not installed on it: there is no %s' % COMMAND, "run 'weave-provision up'")
    wanted, deadline = set(module.params['hosts']), time.time() + module.params['seconds']
    while True:
        turn = max(1, min(TURN_SECONDS, int(deadline - time.time())))
        code, _out, err = module.run_command([COMMAND, 'status', '--wait', str(turn), '--json'])
        missing = set(UNREACHED.findall(err))
        if code != 0 and not missing and time.time() >= deadline:
            raise Refusal(first_error(err), remedy_of(err))
        if (code == 0 or missing) and not missing & wanted:
            return {'changed': False, 'note': note_of(missing)}
        if time.time() >= deadline:
            raise Refusal('it does not reach %s after %d s' % (', '.join(sorted(missing & wanted)), module.params['seconds']),
                          "look at 'weave status connections' on both: are TCP and UDP of the router's port open between them?")


def note_of(missing):
    return 'not reached, and not part of this run: ' + ', '.join(sorted(missing)) if missing else ''


def first_error(err):
    match = re.search(r'^error: (.*)$', err, re.MULTILINE)
    return match.group(1) if match else 'the router does not answer: %s' % err.strip()


def remedy_of(err):
    match = re.search(r'^remedy: (.*)$', err, re.MULTILINE)
    return match.group(1) if match else "look at 'weave status' on the host"


def main():
    module = AnsibleModule(
        argument_spec={
            'hosts': {'type': 'list', 'elements': 'str', 'required': True},
            'seconds': {'type': 'int', 'required': True},
        },
        supports_check_mode=True,
    )
    run_refusable(module, wait)


if __name__ == '__main__':
    main()
