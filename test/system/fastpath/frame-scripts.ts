import { patiently } from '../agent/patience.ts'

/** Python programs that send and receive raw frames inside of namespaces. */

const FRAMES = `import random, socket, struct, sys, time
PATIENCE = ${patiently(1)}
IPV4, IPV6 = b'\\x08\\x00', b'\\x86\\xdd'
ICMP, TCP, UDP, ICMPV6 = 1, 6, 17, 58
CHECKSUM_AT = {ICMP: 2, TCP: 16, UDP: 6, ICMPV6: 2}
# Bytes without a meaning under types that have one, and whole packets.
KINDS = [IPV4, IPV6, b'\\x08\\x06', b'\\x88\\xb5', b'\\x81\\x00\\x00\\x07\\x88\\xb5', None,
  (IPV4, ICMP), (IPV4, TCP), (IPV4, UDP), (IPV6, ICMPV6), (IPV6, TCP), (IPV6, UDP)]
MARK = b'weave-frame-'
def checksum(data):
    total = sum(struct.unpack(f'!{(len(data) + 1) // 2}H', data + bytes(len(data) % 2)))
    while total >> 16: total = (total & 0xffff) + (total >> 16)
    return struct.pack('!H', ~total & 0xffff)
def headed(protocol, data, chance):
    ports = struct.pack('!HH', chance.randint(1024, 65535), chance.randint(1024, 65535))
    return {
      ICMP: b'\\0\\0\\0\\0\\0\\0\\0\\1', ICMPV6: b'\\x81\\0\\0\\0\\0\\0\\0\\1', UDP: ports + struct.pack('!HH', 8 + len(data), 0),
      TCP: ports + struct.pack('!IIHHI', chance.getrandbits(32), 1, 0x5010, 1000, 0)}[protocol] + data
def packet(kind, protocol, data, chance):
    ends = bytes([192, 0, 2, 1, 198, 51, 100, 1]) if kind == IPV4 else bytes([0x20, 1, 13, 184] + [0] * 11 + [1]) * 2
    body, at = headed(protocol, data, chance), CHECKSUM_AT[protocol]
    around = b'' if protocol == ICMP else ends + struct.pack('!II', len(body), protocol)
    body = body[:at] + checksum(around + body) + body[at + 2:]
    if kind == IPV6: return struct.pack('!IHBB', 6 << 28, len(body), protocol, 64) + ends + body
    head = struct.pack('!BBHHHBBH', 69, 0, 20 + len(body), chance.getrandbits(16), 0x4000, 64, protocol, 0) + ends
    return head[:10] + checksum(head) + head[12:] + body
def frames(seed, count, to, source, mtu=1450, opaque=0):
    chance = random.Random(seed)
    kinds = KINDS[2:6] if opaque else KINDS
    for i in range(count):
        kind = kinds[i % len(kinds)]
        size = 46 if i < len(kinds) else mtu if i < 2 * len(kinds) else chance.randint(46, mtu)
        around = 4 if isinstance(kind, bytes) and len(kind) == 6 else len(packet(*kind, b'', random.Random(0))) if isinstance(kind, tuple) else 0
        body = MARK + struct.pack('!II', seed, i)
        body += chance.randbytes(max(0, size - len(body) - around))
        if isinstance(kind, tuple): yield to + source + kind[0] + packet(*kind, body, chance)
        else: yield to + source + (kind or struct.pack('!H', len(body))) + body
def mac(text): return bytes.fromhex(text.replace(':', ''))
def port(kind=3):
    s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(kind)); s.bind(('eth0', kind)); return s
`

/** Arguments: seed, count, destination, source, the MTU when it is not 1450, and 1 when no frame is to be of IP. */
export const SEND_FRAMES = `${FRAMES}
s = port(0)
for i, frame in enumerate(frames(int(sys.argv[1]), int(sys.argv[2]), mac(sys.argv[3]), mac(sys.argv[4]), *map(int, sys.argv[5:]))):
    s.send(frame)
    if i % 20 == 0: time.sleep(0.01)
`

/**
 * The same arguments; says 'listening', and a while after the last frame, longer where some are missing, how many came as they were sent, how many twice, and
 * how many that were not sent like that.
 */
export const RECEIVE_FRAMES = `${FRAMES}
expected = list(frames(int(sys.argv[1]), int(sys.argv[2]), mac(sys.argv[3]), mac(sys.argv[4]), *map(int, sys.argv[5:])))
s = port()
s.setsockopt(socket.SOL_SOCKET, 33, 32 << 20)
s.setsockopt(263, 8, 1)
s.settimeout(2 * PATIENCE)
print('listening', flush=True)
got = []
end = time.time() + 20 * PATIENCE
while time.time() < end:
    try: frame, extra, _, address = s.recvmsg(70000, 64)
    except socket.timeout:
        if got: break
        continue
    if address[2] == 4: continue
    for level, kind, data in extra:
        status, _, _, _, _, tci, tpid = struct.unpack('IIIHHHH', data[:20])
        if status & 16: frame = frame[:12] + struct.pack('!HH', tpid, tci) + frame[12:]
    if MARK + struct.pack('!I', int(sys.argv[1])) in frame: got.append(frame)
    if len(set(got)) >= len(expected): s.settimeout(0.1 * PATIENCE)
same = set(got) & set(expected)
print(f'same={len(same)} twice={len(got) - len(set(got))} other={len(set(got) - set(expected))}', flush=True)
`

/** Sends VXLAN datagrams. Arguments: own address, destination; each further one is VNI/TTL/KIND. */
export const SEND_VXLAN = `import socket, struct, sys
own, to = sys.argv[1:3]
broadcast = b'\\xff' * 6 + b'\\x02\\0\\0\\0\\0\\x77' + b'\\x88\\xb5'
bodies = {'frame': broadcast + b'hostile'.ljust(50), 'huge': broadcast + b'h' * 60000, 'truncated': broadcast[:9], 'empty': b'',
  'probe': b'\\x01\\x80\\xc2\\0\\0\\x0f' + b'\\x02\\0\\0\\0\\0\\x77' + b'\\x88\\xb6' + b'\\x02\\0' + b'\\xff' * 44}
for wish in sys.argv[3:]:
    vni, ttl, kind = wish.split('/')
    s = socket.socket(socket.AF_INET6 if ':' in own else socket.AF_INET, socket.SOCK_DGRAM); s.bind((own, 0))
    if ':' in own: s.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_UNICAST_HOPS, int(ttl))
    else: s.setsockopt(socket.IPPROTO_IP, socket.IP_TTL, int(ttl)); s.setsockopt(socket.IPPROTO_IP, 10, 0)
    s.setsockopt(socket.SOL_SOCKET, 11, 1)
    header = b'' if kind == 'nothing' else struct.pack('!II', 0x08000000, int(vni) << 8)
    s.sendto(header + bodies.get(kind, b''), (to, 6784))
`

/** Sends frames from as many senders, one each, to a receiver that nobody has. Argument: how many. */
export const FLOOD_MACS = `${FRAMES}
s = port(0)
for i in range(int(sys.argv[1])):
    s.send(b'\\x02\\xee\\xee\\xee\\xee\\xee' + b'\\x06' + struct.pack('!I', i) + b'\\0' + b'\\x88\\xb5' + b'flood'.ljust(46))
    if i % 500 == 0: time.sleep(0.002)
`

/** Sends frames out of a device of the host, as a program there may; those that are dropped there too. Arguments: device, destination, count. */
export const SEND_FROM_HOST = `${FRAMES}
s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0); s.bind((sys.argv[1], 0))
for _ in range(int(sys.argv[3])):
    try: s.send(mac(sys.argv[2]) + b'\\x02\\0\\0\\0\\0\\x55' + b'\\x88\\xb5' + b'host'.ljust(46))
    except OSError: pass
`
