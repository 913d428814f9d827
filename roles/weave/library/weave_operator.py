#!/usr/bin/python
"""Keeps two operators from changing the hosts at a time, and keeps a log of who has changed what."""

DOCUMENTATION = r'''
module: weave_operator
short_description: Takes, renews, gives back or shows the operator's lock on a host, and writes and reads its audit log
options:
  lock: {type: str, default: none, choices: [none, take, renew, release, show], description: what to do with the lock}
  holder: {type: dict, default: {}, description: id, operator, machine, process, command, message}
  breaks: {type: str, default: '', description: id of a lock that is known to be nobody's any more}
  only_where_set_up: {type: bool, default: false, description: a host without the agent's state gives no lock}
  stale_seconds: {type: int, default: 900, description: a lock that was not renewed for so long is nobody's}
  entry: {type: dict, description: a line for the audit log}
  tail: {type: int, default: 0, description: how many of its last lines to return}
'''

import fcntl
import json
import os
import time

from ansible.module_utils.basic import AnsibleModule
from ansible.module_utils.weave_host import STATE, read_text, remove, run_refusable, write_atomic

LOCK = STATE + '/operator-lock.json'
# Beside the state of the agent, which goes with it: who has removed it must be known afterwards.
AUDIT = '/var/log/weave-audit.jsonl'
ANYBODY = '*'


def work(module):
    parameters = module.params
    answer = {'lock': None, 'entries': []}
    if parameters['lock'] != 'none':
        makes_folder = parameters['lock'] == 'take' and not parameters['only_where_set_up']
        answer['lock'] = guarded(lambda: lock(parameters), makes_folder)
    if parameters['entry'] is not None and not module.check_mode:
        append(parameters['entry'])
    if parameters['tail'] > 0:
        answer['entries'] = last_entries(parameters['tail'])
    return {'changed': False, 'answer': answer}


def guarded(change, makes_folder):
    """Two operators at the same moment: the kernel's lock on the folder lets one of them go first."""
    if not os.path.isdir(STATE):
        if not makes_folder:
            return {'state': 'free'}
        os.makedirs(STATE, mode=0o700)
    folder = os.open(STATE, os.O_RDONLY)
    try:
        fcntl.flock(folder, fcntl.LOCK_EX)
        return change()
    finally:
        os.close(folder)


def lock(parameters):
    present = read_lock()
    holder, now = parameters['holder'], time.time()
    is_ours = present is not None and present.get('id') == holder.get('id')
    wanted = parameters['lock']
    if wanted == 'show':
        return shown(present, now, 'held' if present else 'free', parameters)
    if wanted == 'release':
        if present is not None and (is_ours or parameters['breaks'] in (ANYBODY, present.get('id'))):
            remove(LOCK)
            return shown(present, now, 'released', parameters)
        return shown(present, now, 'held' if present else 'free', parameters)
    if present is not None and not is_ours and not may_take(present, parameters, now):
        return shown(present, now, 'held', parameters)
    if wanted == 'renew' and not is_ours:
        return shown(present, now, 'lost', parameters)
    taken = dict(holder, since=present['since'] if is_ours else now, renewed=now)
    write_atomic(LOCK, (json.dumps(taken, sort_keys=True) + '\n').encode(), '0600')
    return shown(present if not is_ours else taken, now, 'taken', parameters)


def may_take(present, parameters, now):
    age = now - present.get('renewed', 0)
    return parameters['breaks'] in (ANYBODY, present.get('id')) or not 0 <= age <= parameters['stale_seconds']


def shown(present, now, state, parameters):
    """Ages rather than times: only the host's own clock is compared with itself."""
    if present is None:
        return {'state': state}
    renewed = now - present.get('renewed', now)
    named = {key: str(present.get(key, '')) for key in ('id', 'operator', 'machine', 'process', 'command', 'message')}
    return dict(named, state=state, ageSeconds=int(now - present.get('since', now)), renewedSeconds=int(renewed),
                isStale=not 0 <= renewed <= parameters['stale_seconds'])


def read_lock():
    """What cannot be read is nobody's: the file is written in one piece."""
    try:
        content = json.loads(read_text(LOCK) or 'null')
    except ValueError:
        return None
    return content if isinstance(content, dict) else None


def append(entry):
    """One write of one line to a file opened for appending: lines of two operators do not mix."""
    line = (json.dumps(dict(entry, at=time.strftime('%Y-%m-%dT%H:%M:%SZ', time.gmtime())), sort_keys=True) + '\n').encode()
    handle = os.open(AUDIT, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    try:
        os.write(handle, line)
    finally:
        os.close(handle)


def last_entries(count):
    entries = []
    for line in (read_text(AUDIT) or '').splitlines()[-count:]:
        try:
            entries.append(json.loads(line))
        except ValueError:
            continue
    return entries


def main():
    module = AnsibleModule(
        argument_spec={
            'lock': {'type': 'str', 'default': 'none', 'choices': ['none', 'take', 'renew', 'release', 'show']},
            'holder': {'type': 'dict', 'default': {}},
            'breaks': {'type': 'str', 'default': ''},
            'only_where_set_up': {'type': 'bool', 'default': False},
            'stale_seconds': {'type': 'int', 'default': 900},
            'entry': {'type': 'dict'},
            'tail': {'type': 'int', 'default': 0},
        },
        supports_check_mode=True,
    )
    run_refusable(module, work)


if __name__ == '__main__':
    main()
