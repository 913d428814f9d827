import fc from 'fast-check'
import {
  CpaceRun,
  generatorOf,
  generatorString,
  joinWithLengths,
  multiplyVerified,
  SHARE_BYTES,
} from '../../../../src/agent/password/cpace.ts'

/** draft-irtf-cfrg-cpace-21, appendix B.3: ristretto255 and SHA-512. */
const VECTORS = {
  password: text('Password'),
  channel: hex('0b415f696e69746961746f720b425f726573706f6e646572'),
  sessionId: hex('7e4b4791d6a8ef019b936c79fb7f2c57'),
  generator: '222b6b195fe84b1652badb6f6a3ae3d24341e7306967f0b8115b40d5698c7e56',
  scalarA: hex('da3d23700a9e5699258aef94dc060dfda5ebb61f02a5ea77fad53f4ff0976d08'),
  scalarB: hex('d2316b454718c35362d83d69df6320f38578ed5984651435e2949762d900b80d'),
  shareA: 'd6bac480f2c386c394efc7c47adb9925dcd2630b64f240c50f8d0eec482b9157',
  shareB: '3ea7e0b19560d7c0b0f5734f63b955286dfa8232b5ebe63324e2d9e7433f7258',
  secret: '80b69a8a76457ab6a4d7f887a4bf6b55a2f80ac19c333f917a05fc9887c8b40f',
  key:
    'b69effbf61b51d56401c0f65601abe428de8206feaaf0e32198896dcae7b35cd' +
    '2b38950a39dfd5d4a79164614c2984f7daa460b588c1e80c3fa2068af7900447',
}

describe('CPace, by the vectors of the draft', () => {
  const runA = new CpaceRun(VECTORS, VECTORS.scalarA)
  const runB = new CpaceRun(VECTORS, VECTORS.scalarB)
  const sent = [
    { share: runA.share, associated: text('ADa') },
    { share: runB.share, associated: text('ADb') },
  ] as const

  it('joins strings with their lengths (appendix A.1.2)', () => {
    expect(toHex(joinWithLengths(text('1234')))).toBe('0431323334')
    expect(toHex(joinWithLengths(new Uint8Array(0)))).toBe('00')
    expect(toHex(joinWithLengths(new Uint8Array(128)).subarray(0, 3))).toBe('800100')
    expect(toHex(joinWithLengths(text('1234'), text('5'), new Uint8Array(0), text('678')))).toBe(
      '04313233340135000336' + '3738',
    )
  })

  it('makes the generator (B.3.1)', () => {
    const made = generatorString(VECTORS)
    expect(made).toHaveLength(170)
    expect(toHex(made)).toBe(
      `11${toHex(text('CPaceRistretto255'))}0850617373776f726464${'00'.repeat(100)}18${toHex(VECTORS.channel)}10${toHex(VECTORS.sessionId)}`,
    )
    expect(toHex(generatorOf(VECTORS))).toBe(VECTORS.generator)
  })

  it('makes the shares (B.3.2, B.3.3)', () => {
    expect(toHex(runA.share)).toBe(VECTORS.shareA)
    expect(toHex(runB.share)).toBe(VECTORS.shareB)
  })

  it('agrees on the secret point and the key (B.3.4, B.3.5)', () => {
    expect(toHex(multiplyVerified(VECTORS.scalarA, runB.share) ?? [])).toBe(VECTORS.secret)
    expect(toHex(multiplyVerified(VECTORS.scalarB, runA.share) ?? [])).toBe(VECTORS.secret)
    expect(toHex(runA.keyWith(...sent) ?? [])).toBe(VECTORS.key)
    expect(toHex(runB.keyWith(...sent) ?? [])).toBe(VECTORS.key)
  })

  it('multiplies valid points, and refuses what is none or the neutral element (B.3.10, B.3.11)', () => {
    const scalar = hex('7cd0e075fa7955ba52c02759a6c90dbbfc10e6d40aea8d283e407d88cf538a05')
    const valid = hex('2c3c6b8c4f3800e7aef6864025b4ed79bd599117e427c41bd47d93d654b4a51c')
    const product = '7c13645fe790a468f62c39beb7388e541d8405d1ade69d1778c5fe3e7f6b600e'
    expect(toHex(multiplyVerified(scalar, valid) ?? [])).toBe(product)
    const invalid = hex('2b3c6b8c4f3800e7aef6864025b4ed79bd599117e427c41bd47d93d654b4a51c')
    for (const share of [invalid, new Uint8Array(SHARE_BYTES)]) {
      expect(multiplyVerified(scalar, share)).toBeUndefined()
      const [initiator, responder] = sent
      expect(runA.keyWith(initiator, { ...responder, share })).toBeUndefined()
      expect(runB.keyWith({ ...initiator, share }, responder)).toBeUndefined()
    }
  })
})

describe('CPace', () => {
  const input = { password: text('p'), sessionId: text('s'), channel: text('c') }

  it('gives each end another key when any of its inputs differ', () => {
    const differing = [{ password: text('q') }, { sessionId: text('t') }, { channel: text('d') }]
    for (const change of differing) expect(keysOf(input, { ...input, ...change })).toHaveLength(2)
    expect(keysOf(input, input)).toHaveLength(1)
  })

  it('never draws the same share twice', () => {
    const shares = Array.from({ length: 20 }, () => toHex(new CpaceRun(input).share))
    expect(new Set(shares).size).toBe(20)
  })

  it('takes any bytes for a share without throwing', () => {
    const run = new CpaceRun(input)
    const own = { share: run.share, associated: new Uint8Array(0) }
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40 }), share => {
        const key = run.keyWith(own, { share, associated: new Uint8Array(0) })
        expect(key === undefined || key.length === 64).toBe(true)
      }),
      { numRuns: 50 },
    )
  })
})

/** The keys that the two ends come to, each once. */
function keysOf(a: ConstructorParameters<typeof CpaceRun>[0], b: typeof a): readonly string[] {
  const [runA, runB] = [new CpaceRun(a), new CpaceRun(b)]
  const [initiator, responder] = [runA, runB].map(({ share }) => ({ share, associated: new Uint8Array(0) })) as [
    { share: Uint8Array; associated: Uint8Array },
    { share: Uint8Array; associated: Uint8Array },
  ]
  return [...new Set([runA, runB].map(run => toHex(run.keyWith(initiator, responder) ?? [])))]
}

function text(value: string): Uint8Array {
  return new TextEncoder().encode(value)
}

function hex(value: string): Uint8Array {
  return Uint8Array.from(Buffer.from(value, 'hex'))
}

function toHex(bytes: Uint8Array | readonly number[]): string {
  return Buffer.from(bytes).toString('hex')
}
