/** Small programs for the hosts' python3, which run inside a container's network namespace: busybox has nothing for raw frames. */

const ETHER_TYPE = '0x88b5'
const ANSWER = '0x88b6'

/** Prints the first UDP datagram that arrives on `port`, and answers it. */
export function udpEcho(port: number): string {
  return `import socket
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); s.bind(('', ${port})); s.settimeout(60)
data, peer = s.recvfrom(2000); s.sendto(data, peer); print(data.decode())`
}

/** Prints what `address` answers; repeats the question because UDP may lose it. */
export function udpAsk(address: string, port: number, text: string): string {
  return `import socket
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); s.settimeout(1)
for _ in range(60):
    s.sendto(b'${text}', ('${address}', ${port}))
    try: print(s.recv(2000).decode()); break
    except socket.timeout: pass`
}

/** Prints the payload of the first frame of an EtherType that nobody knows, and tells its sender that it has come. */
export function rawReceive(): string {
  return `import socket, struct
s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(${ETHER_TYPE})); s.bind(('eth0', ${ETHER_TYPE})); s.settimeout(60)
frame = s.recv(2000)
for _ in range(3): s.send(frame[6:12] + s.getsockname()[4] + struct.pack('!H', ${ANSWER}) + bytes(46))
print(frame[14:].rstrip(b'\\0').decode())`
}

/** Broadcasts such a frame five times a second, until as many as `receivers` have told that it has come, or for a minute. */
export function rawSend(text: string, receivers: number): string {
  return `import socket, struct, time
s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW); s.bind(('eth0', ${ETHER_TYPE}))
answers = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(${ANSWER})); answers.bind(('eth0', ${ANSWER})); answers.settimeout(.2)
heard, end = set(), time.time() + 60
while len(heard) < ${receivers} and time.time() < end:
    s.send(b'\\xff'*6 + s.getsockname()[4] + struct.pack('!H', ${ETHER_TYPE}) + b'${text}'.ljust(46, b'\\0'))
    try:
        while True: heard.add(answers.recv(2000)[6:12])
    except socket.timeout: pass`
}

/** Serves one connection: 100 MB of pseudo-random bytes, and says their SHA-256. */
export function serveBytes(port: number, megabytes: number): string {
  return `import socket, hashlib, random
r = random.Random(1); block = r.randbytes(1 << 20); h = hashlib.sha256()
s = socket.socket(); s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1); s.bind(('', ${port})); s.listen(); s.settimeout(120)
c, _ = s.accept(); c.settimeout(60)
for i in range(${megabytes}):
    part = i.to_bytes(4, 'big') + block[4:]; h.update(part); c.sendall(part)
c.close(); print(h.hexdigest())`
}

export interface Slowness {
  readonly bytesPerSecond?: number
  /** A file: there is time for what is to come between, until it is there. Once bytes come, there is one of the name with `.begun`. */
  readonly until?: string
}

/** Prints how many bytes came and their SHA-256; reads at most `bytesPerSecond` when that is given. */
export function fetchBytes(address: string, port: number, { bytesPerSecond = 0, until = '' }: Slowness = {}): string {
  return `import os, socket, hashlib, time
s = socket.create_connection(('${address}', ${port}), 20); s.settimeout(60); h = hashlib.sha256(); n = 0
while True:
    data = s.recv(65536)
    if not data: break
    h.update(data); n += len(data)
    if n == len(data) and '${until}': open('${until}.begun', 'w')
    if ${bytesPerSecond} and not os.path.exists('${until}'): time.sleep(len(data) / max(${bytesPerSecond}, 1))
print(n, h.hexdigest())`
}

/** Connects to a control port, sends `hex`, and prints how many bytes came back before the other end closed. */
export function stranger(address: string, port: number, hex: string): string {
  return `import socket
s = socket.create_connection(('${address}', ${port}), 30); s.settimeout(30); s.sendall(bytes.fromhex('${hex}')); n = 0
try:
    while True:
        data = s.recv(4096)
        if not data: break
        n += len(data)
    print(n, 'closed')
except ConnectionResetError: print(n, 'closed')
except socket.timeout: print(n, 'open')`
}

/** Watches the overlay's port on a relay, from when /run/watching is there until /run/watched is: what is only passed on never gets there. */
export function watchBridge(marker: string): string {
  return `import os, socket
s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3)); s.bind(('weave-tap', 0)); s.settimeout(1)
open('/run/watching', 'w')
while not os.path.exists('/run/watched'):
    try:
        if b'${marker}' in s.recv(65536): print('the marker is on the bridge of the relay'); break
    except socket.timeout: pass
else: print('no marker on the bridge of the relay')`
}
