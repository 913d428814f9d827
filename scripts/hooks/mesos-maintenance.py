#!/usr/bin/env python3
"""Takes a Mesos agent down for maintenance before a change, and up again after it: mesos-maintenance.py before|after HOST

MESOS_MASTER is the address of the leading master; WEAVE_ADDRESS comes from weave-provision.
"""

import fcntl
import json
import os
import sys
import time
import urllib.error
import urllib.request

SECONDS = 30
MASTER = os.environ.get('MESOS_MASTER', 'http://leader.mesos:5050').rstrip('/')


def ask(path, body=None):
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(MASTER + '/' + path, data, {'Content-Type': 'application/json'})
    try:
        with urllib.request.urlopen(request, timeout=SECONDS) as answer:
            return json.loads(answer.read() or b'{}')
    except urllib.error.HTTPError as refusal:
        sys.exit('%s refuses %s: %s' % (MASTER, path, refusal.read().decode('utf-8', 'replace').strip() or refusal))
    except OSError as failure:
        sys.exit('%s does not answer: %s' % (MASTER, failure))


def schedule(machine):
    """A machine can only go down in a window. What is posted replaces all windows, those of others too, so they are posted along."""
    windows = ask('maintenance/schedule').get('windows', [])
    if any(machine in window.get('machine_ids', []) for window in windows):
        return
    unavailability = {'start': {'nanoseconds': int(time.time()) * 10 ** 9}}
    ask('maintenance/schedule', {'windows': windows + [{'machine_ids': [machine], 'unavailability': unavailability}]})


def main(moment, host):
    machine = {'hostname': host, 'ip': os.environ['WEAVE_ADDRESS']}
    with open(__file__, encoding='utf-8') as own:
        # The hooks of a batch run at the same time, and must not take each other's windows away between reading and posting.
        fcntl.flock(own, fcntl.LOCK_EX)
        is_down = machine in ask('maintenance/status').get('down_machines', [])
        if moment == 'before' and not is_down:
            schedule(machine)
            ask('machine/down', [machine])
        if moment == 'after' and is_down:
            ask('machine/up', [machine])


if __name__ == '__main__':
    if len(sys.argv) != 3 or sys.argv[1] not in ('before', 'after'):
        sys.exit('usage: %s before|after HOST' % sys.argv[0])
    main(sys.argv[1], sys.argv[2])
