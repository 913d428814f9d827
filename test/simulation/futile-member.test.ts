import type { SignedManifest } from '../../src/contract/cluster-manifest.ts'
import type { Input } from '../../src/core/router/api.ts'
import { FORGETFUL, FUTILE, TOLD_TOO_OFTEN, TOO_MANY_MANIFESTS } from '../../src/core/router/manifest-desk.ts'
import { UNGREETED_MAX } from '../../src/core/router/neighbours.ts'
import { encodeMessage, type LinkMessage } from '../../src/core/wire/link-message.ts'
import { HIGHEST, heardFrom } from './lies.ts'
import { World, type WorldOptions } from './world.ts'

const HONEST = ['a', 'b', 'c']
const NAMES = [...HONEST, 'liar']
const SECONDS = 10
const PER_SECOND = 100
/** Of one neighbour: what is looked at in a row, and then each second. */
const IN_A_ROW = 301
const A_SECOND = 10
const FORGED = 'the manifest is not signed by the cluster key'
const OUTDATED = 'the manifest is not newer'
const STRANGE_LINK = 9_999

describe('a neighbour that tells of manifests in vain', () => {
  it.each<{ what: string; refused: string; nth: typeof forged }>([
    { what: 'forged', refused: FORGED, nth: forged },
    { what: 'outdated', refused: OUTDATED, nth: outdated },
  ])('has few looked at that are $what, and is counted', ({ refused, nth }) => {
    const warned: string[] = []
    const started = start({ heardLog: (host, { message }) => warned.push(`${host} ${message}`) })
    const { world } = started
    tell(world, n => nth(started, n))
    const told = world.host('a').router.status(world.now).refused
    expect(Object.keys(told)).toEqual([refused, TOO_MANY_MANIFESTS])
    expect(told[refused]).toBeGreaterThan(100)
    expect(told[refused]).toBeLessThanOrEqual(IN_A_ROW + SECONDS * A_SECOND)
    expect(warned.filter(text => text.endsWith(FUTILE))).toEqual([`a ${FUTILE}`])
  })

  it('keeps no other from bringing one', () => {
    const started = start()
    const { world } = started
    tell(world, n => forged(started, n))
    world.tell('b', { kind: 'manifest', signed: world.cluster.manifest() })
    world.run(500)
    for (const name of HONEST) expect(versionAt(world, name)).toBe(world.cluster.version)
  })

  it('brings one itself, once it tells of no others', () => {
    const started = start({}, ['a', 'liar'])
    const { world } = started
    tell(world, n => forged(started, n))
    world.tell('liar', { kind: 'manifest', signed: world.cluster.manifest() })
    world.run(60_000)
    expect(versionAt(world, 'a')).toBe(world.cluster.version)
  })
})

describe('a stranger that a newer manifest may name', () => {
  it('says one hello, and no records of others after it', () => {
    const { world } = start()
    const record = Uint8Array.from(heardFrom(world, 'b'))
    record[record.length - 1] = (record.at(-1) ?? 0) ^ 1
    const hello = helloOf(record, HIGHEST)
    openStrange(world, STRANGE_LINK)
    for (let i = 0; i < 3; i++) world.tell('a', { kind: 'link-data', link: STRANGE_LINK, bytes: hello })
    expect(world.host('a').router.status(world.now).refused).toEqual({ 'a second hello': 1 })
  })
})

describe('one that holds an old manifest, and connects again and again', () => {
  it('is told the newer one some 300 times in a row, then 10 times a second, and named', () => {
    const warned: string[] = []
    const { world } = start({ heardLog: (_, { message }) => warned.push(message) })
    const hello = helloOf(heardFrom(world, 'b'), 1n)
    for (let i = 0; i < 500; i++) {
      openStrange(world, STRANGE_LINK + i)
      world.tell('a', { kind: 'link-data', link: STRANGE_LINK + i, bytes: hello })
      world.run(10)
    }
    const { refused } = world.host('a').router.status(world.now)
    expect(Object.keys(refused)).toEqual(['not a member by manifest version N', TOLD_TOO_OFTEN])
    const told = refused['not a member by manifest version N'] ?? 0
    expect(told).toBeGreaterThan(250)
    expect(told).toBeLessThanOrEqual(IN_A_ROW + 5 * A_SECOND)
    expect(warned.filter(message => message === FORGETFUL)).toHaveLength(1)
  })
})

describe('one that opens links without end, and says no hello', () => {
  it('has only so many of them: the oldest end', () => {
    const { world } = start()
    const { router } = world.host('a')
    for (let i = 0; i < UNGREETED_MAX + 200; i++) router.handle(strange(STRANGE_LINK + i), world.now)
    const ended = router.drain().flatMap(output => (output.kind === 'link-close' ? [output.link] : []))
    expect(ended).toEqual(Array.from({ length: 200 }, (_, i) => STRANGE_LINK + i))
    expect(router.status(world.now).refused).toEqual({ 'too many links without a hello': 200 })
    expect(router.status(world.now).connections.filter(({ peer }) => peer !== undefined)).toHaveLength(NAMES.length - 1)
  })
})

interface Started {
  readonly world: World
  /** All have the third. */
  readonly manifests: readonly SignedManifest[]
}

function start(options: Partial<WorldOptions> = {}, names: readonly string[] = NAMES): Started {
  const world = new World({ seed: 49, keepsWiretap: false, ...options })
  world.define(NAMES)
  world.wireAll(names)
  const manifests = [1, 2, 3].map(() => world.cluster.manifest())
  for (const [i, name] of names.entries()) world.start(name, names.slice(0, i), manifests[2])
  world.run(5_000)
  return { world, manifests }
}

/** A link to `a` of who is no member by its manifest. */
function openStrange(world: World, link: number): void {
  world.tell('a', strange(link))
}

function strange(link: number): Input {
  const remote = { ip: '203.0.113.9', port: 6783 }
  const publicKey = new Uint8Array(32).fill(9)
  return { kind: 'link-opened', link, direction: 'inbound', remote, publicKey }
}

function helloOf(record: Uint8Array, manifestVersion: bigint): Uint8Array {
  return encodeMessage({ kind: 'hello', protocolMin: 1, protocolMax: 2, bootId: 1n, manifestVersion, record })
}

/** The liar, to `a`. */
function tell(world: World, nth: (n: number) => LinkMessage): void {
  for (let n = 0; n < SECONDS * PER_SECOND; n++) {
    world.links.sendFromTo('liar', 'a', encodeMessage(nth(n)))
    world.run(1_000 / PER_SECOND)
  }
}

/** With a version above all, and a signature of its own. */
function forged({ manifests }: Started, n: number): LinkMessage {
  const signature = new Uint8Array(64)
  new DataView(signature.buffer).setUint32(0, n)
  const text = (manifests[2]?.manifest ?? '').replace(/"version":3/, '"version":9999')
  return { kind: 'manifest', text, signature }
}

/** The first and the second, in turn. */
function outdated({ manifests }: Started, n: number): LinkMessage {
  const { manifest = '', signature = '' } = manifests[n % 2] ?? {}
  return { kind: 'manifest', text: manifest, signature: Uint8Array.from(Buffer.from(signature, 'base64')) }
}

function versionAt(world: World, name: string): number {
  return world.host(name).router.status(world.now).manifestVersion
}
