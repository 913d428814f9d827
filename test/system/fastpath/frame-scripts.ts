/** Python programs that send and receive raw frames inside of namespaces. */

const FRAMES = `import os, random, socket, struct, sys, time
PATIENCE = float(os.environ.get('WEAVE_TEST_PATIENCE', '1'))
KINDS = [b'\\x08\\x00', b'\\x86\\xdd', b'\\x08\\x06', b'\\x88\\xb5', b'\\x81\\x00\\x00\\x07\\x88\\xb5', None]
MARK = b'weave-frame-'
def frames(seed, count, to, source, mtu=1450):
    chance = random.Random(seed)
    for i in range(count):
        kind = KINDS[i % len(KINDS)]
        size = [46, mtu][i] if i < 2 else chance.randint(46, mtu)
        body = MARK + struct.pack('!II', seed, i)
        body += bytes(chance.getrandbits(8) for _ in range(size - len(body) - (4 if kind and len(kind) == 6 else 0)))
        head = kind if kind else struct.pack('!H', len(body))
        yield to + source + head + body
def mac(text): return bytes.fromhex(text.replace(':', ''))
def port(kind=3):
    s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(kind)); s.bind(('eth0', kind)); return s
`

/** Arguments: seed, count, destination, source, and the MTU when it is not 1450. */
export const SEND_FRAMES = `${FRAMES}
s = port(0)
for i, frame in enumerate(frames(int(sys.argv[1]), int(sys.argv[2]), mac(sys.argv[3]), mac(sys.argv[4]), *map(int, sys.argv[5:]))):
    s.send(frame)
    if i % 20 == 0: time.sleep(0.01)
`

/**
 * The same arguments; says 'listening', and two seconds after the last frame how many came as they were sent, how many twice, and
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
    try: frame, extra, _, address = s.recvmsg(4000, 64)
    except socket.timeout:
        if got: break
        continue
    if address[2] == 4: continue
    for level, kind, data in extra:
        status, _, _, _, _, tci, tpid = struct.unpack('IIIHHHH', data[:20])
        if status & 16: frame = frame[:12] + struct.pack('!HH', tpid, tci) + frame[12:]
    if MARK + struct.pack('!I', int(sys.argv[1])) in frame: got.append(frame)
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
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); s.bind((own, 0))
    s.setsockopt(socket.IPPROTO_IP, socket.IP_TTL, int(ttl)); s.setsockopt(socket.IPPROTO_IP, 10, 0)
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
