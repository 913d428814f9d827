#!/usr/bin/env python3
"""Has Marathon move its tasks off a host before a change: marathon-drain.py before|after HOST

Ends the tasks of the host, each with the grace that its app gives, and waits until none is left there and their apps have as many
running as they want. There is nothing to do afterwards: Marathon places tasks there again by itself. Tasks of pods are not seen.

MARATHON_URL is the address of Marathon; a name and a password for it are read from ~/.netrc, which is for its owner only.
MARATHON_SECONDS is how long the move may take. WEAVE_ADDRESS comes from weave-provision.
"""

import base64
import http.client
import json
import netrc
import os
import sys
import time
import urllib.error
import urllib.parse
import urllib.request

ANSWER_SECONDS = 30
# A hook has ten minutes in all.
MOVE_SECONDS_MAX = 540
MARATHON = os.environ.get('MARATHON_URL', 'http://marathon.mesos:8080').rstrip('/')


def main(moment, host):
    if moment == 'after':
        return
    limit = seconds_to_move()
    if '@' in urllib.parse.urlsplit(MARATHON).netloc:
        sys.exit('MARATHON_URL holds a password, which every process of this user could read: put it into ~/.netrc')
    names = {host, os.environ.get('WEAVE_ADDRESS', host)}
    deadline = time.monotonic() + limit
    told, apps = set(), set()
    while True:
        here = [task for task in ask('/v2/tasks')['tasks'] if task.get('host') in names]
        apps.update(task['appId'] for task in here)
        lacking = [] if here else [app for app in sorted(apps) if is_short(app)]
        if not here and not lacking:
            return
        if time.monotonic() > deadline:
            give_up(limit, host, here, lacking)
        fresh = [task['id'] for task in here if task['id'] not in told]
        if fresh:
            # Without scaling, so that Marathon starts as many elsewhere.
            ask('/v2/tasks/delete?scale=false', {'ids': fresh})
            told.update(fresh)
        time.sleep(min(2, limit / 100))


def seconds_to_move():
    given = os.environ.get('MARATHON_SECONDS', '300')
    if not given.isdigit() or not 1 <= int(given) <= MOVE_SECONDS_MAX:
        sys.exit('MARATHON_SECONDS is %r: give a number of seconds from 1 to %d' % (given, MOVE_SECONDS_MAX))
    return int(given)


def is_short(app):
    found = ask('/v2/apps' + urllib.parse.quote(app), missing={'app': None})['app']
    return found is not None and found['tasksRunning'] < found['instances']


def give_up(limit, host, here, lacking):
    if here:
        sys.exit('after %d s there are still tasks on %s: %s. Marathon places them there again, or they do not end: see to their '
                 'constraints, or announce a maintenance of the agent to Mesos, which Marathon heeds with --draining_seconds'
                 % (limit, host, listed(task['id'] for task in here)))
    sys.exit('after %d s fewer than wanted are running of %s: see in Marathon what they wait for, as room on other agents'
             % (limit, listed(lacking)))


def listed(names):
    given = sorted(names)
    return ', '.join(given[:5]) + (' and %d more' % (len(given) - 5) if len(given) > 5 else '')


def ask(path, body=None, missing=None):
    """What Marathon answers; `missing` where it has no such thing."""
    data = None if body is None else json.dumps(body).encode()
    try:
        request = urllib.request.Request(MARATHON + path, data, {'Accept': 'application/json', 'Content-Type': 'application/json'})
        for name, value in credentials().items():
            # Not sent on to wherever an answer points.
            request.add_unredirected_header(name, value)
        with urllib.request.urlopen(request, timeout=ANSWER_SECONDS) as answer:
            return json.loads(answer.read() or b'{}')
    except urllib.error.HTTPError as refusal:
        if refusal.code == 404 and missing is not None:
            return missing
        words = refusal.read().decode('utf-8', 'replace').strip() or refusal
        remedy = 'put its name and password into ~/.netrc' if refusal.code == 401 else 'see MARATHON_URL, and the log of Marathon'
        sys.exit('%s refuses %s with %d: %s: %s' % (MARATHON, path, refusal.code, words, remedy))
    except (OSError, http.client.HTTPException) as failure:
        sys.exit('%s does not answer: %s: set MARATHON_URL to where Marathon listens' % (MARATHON, failure))
    except ValueError:
        sys.exit('%s%s is not an answer of Marathon: set MARATHON_URL to where Marathon listens' % (MARATHON, path))


def credentials():
    try:
        known = netrc.netrc().authenticators(urllib.parse.urlsplit(MARATHON).hostname or '')
    except FileNotFoundError:
        return {}
    except (netrc.NetrcParseError, OSError) as failure:
        sys.exit('~/.netrc cannot be used: %s' % failure)
    if known is None:
        return {}
    return {'Authorization': 'Basic ' + base64.b64encode(('%s:%s' % (known[0], known[2])).encode()).decode()}


if __name__ == '__main__':
    if len(sys.argv) != 3 or sys.argv[1] not in ('before', 'after'):
        sys.exit('usage: %s before|after HOST' % sys.argv[0])
    try:
        main(sys.argv[1], sys.argv[2])
    except (KeyError, TypeError) as lack:
        sys.exit('%s does not answer as Marathon does (%s): set MARATHON_URL to where Marathon listens' % (MARATHON, lack))
