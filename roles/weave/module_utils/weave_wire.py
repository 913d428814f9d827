"""Programs that run in a network namespace of their own choosing: the host's, or a container's, where nothing need be installed."""

import json
import subprocess
import sys

# Pings by a raw socket and counts what comes back, finds how much the way carries, and how fast.
PROBE = r'''
import json, os, select, socket, struct, sys, time
DONT_FRAGMENT, PINGS = 2, 10
# Echo over IPv4 and over IPv6: socket, option that forbids to cut packets, types of question and answer, bytes of both headers.
IPV4 = {'socket': (socket.AF_INET, socket.SOCK_RAW, 1), 'option': (0, 10), 'types': (8, 0), 'headers': 28}
IPV6 = {'socket': (socket.AF_INET6, socket.SOCK_RAW, 58), 'option': (41, 23), 'types': (128, 129), 'headers': 48}
def checksum(data):
    data += b'\0' * (len(data) % 2)
    total = sum(struct.unpack('!%dH' % (len(data) // 2), data))
    while total >> 16:
        total = (total & 0xffff) + (total >> 16)
    return ~total & 0xffff
def ping(address, number, size, seconds):
    """Round trip in milliseconds of a packet of so many bytes, headers and all; None without an answer; 0 - size when it does not fit."""
    family = IPV6 if ':' in address else IPV4
    body = b'w' * max(0, size - family['headers'])
    # Over IPv6 the kernel adds the checksum (RFC 3542, section 3.1).
    head = struct.pack('!BBHHH', family['types'][0], 0, 0, os.getpid() & 0xffff, number)
    head = head[:2] + struct.pack('!H', checksum(head + body)) + head[4:]
    with socket.socket(*family['socket']) as wire:
        wire.setsockopt(*family['option'], DONT_FRAGMENT)
        begun = time.time()
        try:
            wire.sendto(head + body, (address, 0))
        except OSError as error:
            return -1 if error.errno == 90 else None
        while time.time() - begun < seconds:
            if not select.select([wire], [], [], max(0, begun + seconds - time.time()))[0]:
                return None
            packet, sender = wire.recvfrom(65535)
            at = (packet[0] & 15) * 4 if family is IPV4 else 0
            if sender[0] == address and packet[at] == family['types'][1] and packet[at + 4:at + 8] == head[4:8]:
                return (time.time() - begun) * 1000
    return None
def carried(address, most):
    """The largest packet that is answered, found by halving."""
    # One that is lost by chance must not count as one that does not fit.
    if any((ping(address, 897 + attempt, most, 1) or -1) >= 0 for attempt in range(3)):
        return most
    low, high = 0, most
    for step in range(11):
        size = (low + high) // 2
        if size <= 48 or high - low < 4:
            break
        if (ping(address, 901 + step, size, 0.5) or -1) >= 0:
            low = size
        else:
            high = size
    return low
def speed(address, port, seconds):
    with socket.create_connection((address, port), 3) as stream:
        stream.settimeout(5)
        block, begun = b'\0' * 65536, time.time()
        while time.time() - begun < seconds:
            stream.sendall(block)
        stream.shutdown(socket.SHUT_WR)
        total = b''
        while True:
            said = stream.recv(64)
            if not said:
                break
            total += said
        return int(total) * 8 / (time.time() - begun) / 1e6
def measure(target, given):
    answers = [ping(target['address'], i, 64, 1) for i in range(PINGS if ping(target['address'], 800, 64, 2) is not None else 1)]
    trips = [one for one in answers if one is not None and one >= 0]
    found = {'lossPercent': round(100 * (1 - len(trips) / len(answers))),
             'roundTripMs': round(sum(trips) / len(trips), 2) if trips else None, 'mtu': None, 'megabits': None}
    if trips:
        found['mtu'] = carried(target['address'], target['mtu'])
    if trips and target.get('port') and given['seconds'] > 0:
        try:
            found['megabits'] = round(speed(target['address'], target['port'], given['seconds']), 1)
        except (OSError, ValueError):
            found['megabits'] = 0.0
    return dict(target, **found)
given = json.load(sys.stdin)
print(json.dumps([measure(target, given) for target in given['targets']]))
'''

# Takes what it is sent, says how much it was, and ends by itself.
SINK = r'''
import os, socket, sys, threading, time
listener = socket.socket()
listener.bind((sys.argv[1], 0))
listener.listen(64)
print(listener.getsockname()[1], flush=True)
os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
def take(stream):
    total = 0
    with stream:
        stream.settimeout(20)
        try:
            while True:
                block = stream.recv(1 << 20)
                if not block:
                    break
                total += len(block)
            stream.sendall(b'%d' % total)
        except OSError:
            pass
end = time.time() + float(sys.argv[2])
while time.time() < end:
    listener.settimeout(max(0.1, end - time.time()))
    try:
        threading.Thread(target=take, args=(listener.accept()[0],), daemon=True).start()
    except OSError:
        break
'''


def containers_on_bridge(module, limit):
    """Running containers of Docker's network `bridge`: name, process, address."""
    listed = module.run_command(['docker', 'ps', '--quiet', '--filter', 'network=bridge'])[1].split()[:limit]
    if not listed:
        return []
    shape = '{{.Name}} {{.State.Pid}} {{range .NetworkSettings.Networks}}{{.IPAddress}},{{end}}'
    rows = [line.split() for line in module.run_command(['docker', 'inspect', '--format', shape] + listed)[1].splitlines()]
    return [{'name': row[0].lstrip('/'), 'pid': row[1], 'address': row[2].split(',')[0]}
            for row in rows if len(row) == 3 and row[2].split(',')[0]]


def inside(pid):
    return ['nsenter', '-t', pid, '-n'] if pid else []


def start_sink(pid, address, seconds):
    """Its port; None where it cannot listen. It outlives the module, and ends by itself."""
    process = subprocess.Popen(inside(pid) + [sys.executable, '-c', SINK, address, str(seconds)], stdin=subprocess.DEVNULL,
                               stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, start_new_session=True)
    line = process.stdout.readline().decode()
    return int(line) if line.strip().isdigit() else None


def run_probe(module, pid, targets, seconds):
    given = json.dumps({'targets': targets, 'seconds': seconds})
    code, out, err = module.run_command(inside(pid) + [sys.executable, '-c', PROBE], data=given)
    if code == 0:
        return json.loads(out), ''
    return [], (['the probe ended with %d' % code] + err.strip().splitlines())[-1]
