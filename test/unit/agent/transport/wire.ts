import { Duplex } from 'node:stream'

/** Two ends of a wire within the process. */
export function wire(): readonly [Duplex, Duplex] {
  const make = () =>
    new Duplex({
      read() {},
      write(chunk, _, done) {
        other(this).push(chunk)
        done()
      },
      final(done) {
        other(this).push(null)
        done()
      },
    })
  const [a, b] = [make(), make()]
  const other = (end: Duplex) => (end === a ? b : a)
  return [a, b]
}
