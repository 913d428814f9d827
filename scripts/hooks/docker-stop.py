#!/usr/bin/env python3
"""Stops the containers of a host before a change, with a time of grace, and starts exactly those after it: docker-stop.py before|after HOST

DOCKER_OF_HOST is how the host's Docker is spoken to from here, {host} and {address} in it replaced; `ssh` reads ~/.ssh/config.
DOCKER_GRACE is how many seconds a container has to end. DOCKER_STOPPED is the folder that remembers what was stopped; where several
operators take turns it has to be one that they share. WEAVE_ADDRESS comes from weave-provision.
"""

import json
import os
import re
import shlex
import signal
import subprocess
import sys

STATE = os.environ.get('XDG_STATE_HOME') or os.path.expanduser('~/.local/state')
FOLDER = os.environ.get('DOCKER_STOPPED', os.path.join(STATE, 'weave-provision', 'stopped'))
COMMAND = os.environ.get('DOCKER_OF_HOST', 'ssh -o BatchMode=yes -o ConnectTimeout=10 {address} docker')
# A hook has ten minutes in all.
GRACE_MAX = 300
CONTAINER = re.compile(r'[0-9a-f]{64}')


class Trouble(Exception):
    """What stands against it, and what to do."""


class Interrupted(Trouble):
    """Whoever interrupts does not wait for containers to come up again."""


def before(docker, record):
    seconds = grace()
    running = docker.running()
    refuse_vanishing(docker.look_at(running))
    former = [] if record.is_settled() else record.containers()
    # Written down first: wherever this is cut off, the next run knows what was running.
    record.write(former + [one for one in running if one not in former])
    if not running:
        return
    try:
        docker.run('stop', '-t', str(seconds), *running)
    except Interrupted:
        raise
    except Trouble as trouble:
        start_again(docker, running, trouble)
        record.write(former, settled=not former)
        raise Trouble('%s; what had been stopped was started again' % trouble)


def start_again(docker, containers, trouble):
    try:
        docker.run('start', *containers)
    except Trouble as further:
        raise Trouble('%s; nor could all be started again: %s' % (trouble, further))


def refuse_vanishing(containers):
    vanishing = [one['Name'].lstrip('/') for one in containers if one['HostConfig'].get('AutoRemove')]
    if vanishing:
        raise Trouble('Docker removes %s when they are stopped (--rm), so they could not be started again: end them yourself, or make '
                      'them without --rm; none was stopped' % ', '.join(sorted(vanishing)))


def after(docker, record):
    stopped = record.containers()
    if record.is_settled():
        return
    present = docker.all()
    there = [one for one in stopped if one in present]
    if there:
        docker.run('start', *there)
    record.settle()
    gone = [one[:12] for one in stopped if one not in present]
    if gone:
        raise Trouble('%s were removed while they were stopped: make them again if they are needed; all others were started, and '
                      'this is not said a second time' % ', '.join(gone))


def grace():
    given = os.environ.get('DOCKER_GRACE', '30')
    if not given.isdigit() or int(given) > GRACE_MAX:
        raise Trouble('DOCKER_GRACE is %r: give a number of seconds up to %d' % (given, GRACE_MAX))
    return int(given)


class Docker:
    """The host's."""

    def __init__(self, host, address):
        self.command = [part.replace('{host}', host).replace('{address}', address) for part in shlex.split(COMMAND)]

    def running(self):
        """The oldest first, as later ones may live in the network of earlier ones."""
        return self.listing('ps', '-q', '--no-trunc')[::-1]

    def all(self):
        return self.listing('ps', '-a', '-q', '--no-trunc')

    def look_at(self, containers):
        return json.loads(self.run('inspect', *containers)) if containers else []

    def listing(self, *words):
        found = self.run(*words).split()
        if not all(CONTAINER.fullmatch(one) for one in found):
            raise Trouble("%r does not print containers as Docker does: correct DOCKER_OF_HOST" % shlex.join(self.command))
        return found

    def run(self, *words):
        try:
            done = subprocess.run([*self.command, *words], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                  stderr=subprocess.PIPE, universal_newlines=True, check=False)
        except OSError as failure:
            raise Trouble('%s cannot be run: %s: correct DOCKER_OF_HOST' % (self.command[0], failure.strerror))
        if done.returncode != 0:
            raise Trouble('%s %s ended with %d: %s: see that this works by hand, or correct DOCKER_OF_HOST'
                          % (shlex.join(self.command), words[0], done.returncode, done.stderr.strip()[-200:]))
        return done.stdout


class Record:
    """What was stopped on a host, and whether it was started again."""

    def __init__(self, host, address):
        self.path = os.path.join(FOLDER, '%s-%s.json' % (host.replace('/', '_'), address.replace('/', '_')))

    def containers(self):
        return self.read()['containers']

    def is_settled(self):
        return not os.path.exists(self.path) or self.read()['settled']

    def read(self):
        try:
            with open(self.path, encoding='utf-8') as file:
                return json.load(file)
        except FileNotFoundError:
            raise Trouble('%s is missing, so what was stopped is not known here: share DOCKER_STOPPED with the operator who stopped it; '
                          'or start it by hand, and run one `up` without weave_hook_after of this host' % self.path)
        except (OSError, ValueError) as failure:
            raise Trouble('%s cannot be read: %s: start by hand what should run, and remove it' % (self.path, failure))

    def write(self, containers, settled=False):
        try:
            os.makedirs(FOLDER, mode=0o700, exist_ok=True)
            with open(self.path + '.part', 'w', encoding='utf-8') as file:
                json.dump({'containers': containers, 'settled': settled}, file)
                file.flush()
                os.fsync(file.fileno())
            os.replace(self.path + '.part', self.path)
        except OSError as failure:
            raise Trouble('%s cannot be written: %s: make room, or set DOCKER_STOPPED' % (self.path, failure))

    def settle(self):
        self.write(self.containers(), settled=True)


def main(moment, host):
    for kind in (signal.SIGTERM, signal.SIGINT):
        signal.signal(kind, lambda *_: interrupt(host))
    try:
        address = os.environ.get('WEAVE_ADDRESS')
        if not address:
            raise Trouble("WEAVE_ADDRESS is not set: give the host's address in it, as weave-provision does")
        {'before': before, 'after': after}[moment](Docker(host, address), Record(host, address))
    except Trouble as trouble:
        sys.exit(str(trouble))


def interrupt(host):
    by_hand = 'WEAVE_ADDRESS=%s %s after %s' % (os.environ.get('WEAVE_ADDRESS'), sys.argv[0], host)
    raise Interrupted("interrupted: what was stopped is remembered, and started after the next `up` of the host, or by '%s'" % by_hand)


if __name__ == '__main__':
    if len(sys.argv) != 3 or sys.argv[1] not in ('before', 'after'):
        sys.exit('usage: %s before|after HOST' % sys.argv[0])
    main(sys.argv[1], sys.argv[2])
