/**
 * A Python program that looks at each segment and datagram that comes in at `eth0`: it says 'listening', and when it is told to end,
 * as JSON, how many were right, how many had a wrong checksum, and how many were larger than the MTU. Argument: the MTU. For devices
 * that compute nothing: elsewhere checksums may be left open, and segments joined.
 */
export const CHECK_SEGMENTS = `import json, signal, socket, struct, sys
class End(Exception): pass
def end(*_): raise End
signal.signal(signal.SIGTERM, end)
TCP, UDP = 6, 17
def isRight(data):
    total = sum(struct.unpack(f'!{(len(data) + 1) // 2}H', data + bytes(len(data) % 2)))
    return total % 0xffff == 0
def transport(frame):
    """Addresses, protocol and body; nothing for what is a part of a datagram."""
    if frame[12:14] == b'\\x08\\x00':
        length, part = struct.unpack('!HxxH', frame[16:22])
        if part & 0x3fff == 0 and isRight(frame[14:34]): return frame[26:34], frame[23], frame[34:14 + length]
        return None if part & 0x3fff else (b'', TCP, b'\\1\\0')
    if frame[12:14] == b'\\x86\\xdd': return frame[22:54], frame[20], frame[54:54 + struct.unpack('!H', frame[18:20])[0]]
s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3)); s.bind(('eth0', 3))
s.setsockopt(socket.SOL_SOCKET, 33, 32 << 20)
count = {'right': 0, 'wrong': 0, 'long': 0}
print('listening', flush=True)
try:
    while True:
        frame, _, _, address = s.recvmsg(70000)
        if address[2] == 4: continue
        if len(frame) > int(sys.argv[1]) + 14: count['long'] += 1
        found = transport(frame)
        if found is None or found[1] not in (TCP, UDP): continue
        ends, protocol, body = found
        count['right' if isRight(ends + struct.pack('!II', len(body), protocol) + body) else 'wrong'] += 1
except End:
    print(json.dumps(count), flush=True)`
