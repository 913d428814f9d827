#!/usr/bin/python
"""Lets a change go on only where the overlay is well: the peers are reached, and pings pass, from a container if there is one."""

DOCUMENTATION = r'''
module: weave_gate
short_description: Waits until the router reaches the given hosts, and their bridges answer pings
options:
  reach: {type: list, elements: str, default: [], description: the hosts that must be reachable}
  pings: {type: list, elements: dict, default: [], description: host and bridge address that must answer}
  seconds: {type: int, required: true, description: how long to wait}
'''

import json
import sys
import time

from ansible.module_utils.basic import AnsibleModule
from ansible.module_utils.weave_host import Refusal, docker_is_installed, run_refusable
from ansible.module_utils.weave_survey import unreached

# Sent by a raw socket: ping need not be there, neither on the host nor in a container.
PING = r'''
import json, os, select, socket, struct, sys, time
def checksum(data):
    total = sum(struct.unpack('!%dH' % (len(data) // 2), data))
    while total >> 16:
        total = (total & 0xffff) + (total >> 16)
    return ~total & 0xffff
def answers(address):
    number, end = os.getpid() & 0xffff, time.time() + 2
    with socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP) as wire:
        body = b'weave-provision.'
        head = struct.pack('!BBHHH', 8, 0, 0, number, 1)
        head = struct.pack('!BBHHH', 8, 0, checksum(head + body), number, 1)
        try:
            wire.sendto(head + body, (address, 0))
        except OSError:
            return False
        while time.time() < end:
            if not select.select([wire], [], [], max(0, end - time.time()))[0]:
                return False
            packet, sender = wire.recvfrom(2048)
            start = (packet[0] & 15) * 4
            if sender[0] == address and packet[start] == 0 and struct.unpack('!H', packet[start + 4:start + 6])[0] == number:
                return True
    return False
print(json.dumps([address for address in sys.argv[1:] if not answers(address)]))
'''


def wait(module):
    deadline = time.time() + module.params['seconds']
    wanted = set(module.params['reach'])
    pings = {item['address']: item['host'] for item in module.params['pings']}
    container, prefix = inside_of_container(module)
    while True:
        problem = problem_of(module, wanted, pings, prefix)
        if problem is None:
            return {'changed': False, 'answer': {'from': container or 'the bridge', 'pinged': sorted(pings.values())}}
        if time.time() >= deadline:
            where = "from container '%s'" % container if container else 'from its bridge'
            raise Refusal('%s, %s, within %d s' % (problem, where, module.params['seconds']),
                          "look at 'weave status connections' on both hosts; nothing further was changed")
        time.sleep(0.5)


def problem_of(module, wanted, pings, prefix):
    missing = unreached(module)
    if missing is None:
        return 'its router does not answer'
    if wanted & set(missing):
        return 'it does not reach ' + ', '.join(sorted(wanted & set(missing)))
    code, out, err = module.run_command(prefix + [sys.executable, '-c', PING] + sorted(pings))
    silent = json.loads(out) if code == 0 else sorted(pings)
    return 'no answer to a ping of ' + ', '.join(sorted(pings[one] for one in silent)) if silent else None


def inside_of_container(module):
    """The first container on the bridge, and the words that enter its network."""
    if not docker_is_installed() or module.get_bin_path('nsenter') is None:
        return None, []
    listed = module.run_command(['docker', 'ps', '--quiet', '--filter', 'network=bridge'])[1].split()
    if not listed:
        return None, []
    out = module.run_command(['docker', 'inspect', '--format', '{{.Name}} {{.State.Pid}}', listed[0]])[1].split()
    return (out[0].lstrip('/'), ['nsenter', '-t', out[1], '-n']) if len(out) == 2 else (None, [])


def main():
    module = AnsibleModule(
        argument_spec={
            'reach': {'type': 'list', 'elements': 'str', 'default': []},
            'pings': {'type': 'list', 'elements': 'dict', 'default': []},
            'seconds': {'type': 'int', 'required': True},
        },
        supports_check_mode=True,
    )
    run_refusable(module, wait)


if __name__ == '__main__':
    main()
