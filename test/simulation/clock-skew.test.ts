import { exchangeBroadcasts } from './convergence.ts'
import { World } from './world.ts'

const NAMES = ['a', 'b']
const YEAR_MS = 365 * 24 * 3_600_000

describe('a clock that is ahead', () => {
  it('is warned of where the other is behind, and keeps nobody apart', () => {
    const warnings: { readonly host: string; readonly message: string; readonly fields: object }[] = []
    const world = new World({
      seed: 5,
      skewMax: YEAR_MS,
      heardLog: (host, { level, message, fields }) => level === 'warn' && warnings.push({ host, message, fields }),
    })
    world.define(NAMES)
    world.wireAll(NAMES)
    const manifest = world.cluster.manifest()
    for (const name of NAMES) world.start(name, NAMES, manifest)
    world.run(5_000)
    const [behind = '', ahead = ''] = [...NAMES].sort((a, b) => Number(world.host(a).bootId - world.host(b).bootId))
    expect(warnings).toEqual([
      {
        host: behind,
        message: 'the clock of a peer is ahead',
        fields: { peer: world.member(ahead).shortId, bySeconds: expect.any(Number) },
      },
    ])
    expect(() => exchangeBroadcasts(world, NAMES)).not.toThrow()
  })
})
