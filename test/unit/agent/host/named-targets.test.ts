import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { keepNames, NamedTargets } from '../../../../src/agent/host/named-targets.ts'
import { formatEndpoint } from '../../../../src/base/endpoint.ts'
import { useTemporaryFolder } from '../temporary-folder.ts'

const HOME = { name: 'home.example.net', port: 6783 }
const [OLD, MOVED, OTHER] = ['192.0.2.1', '192.0.2.2', '192.0.2.3']

describe('peers by name (ARG-01)', () => {
  const folder = useTemporaryFolder()
  const path = () => join(folder(), 'state', 'named-targets.json')

  /** What names stand for, and what the router was told. */
  function world(keep = (save: () => void) => save()) {
    const addresses = new Map<string, readonly string[]>()
    const told: string[] = []
    const named = new NamedTargets({
      path: path(),
      lookUp: async name => {
        const found = addresses.get(name)
        if (found === undefined) throw Object.assign(new Error('none'), { code: 'ENOTFOUND' })
        return found
      },
      connect: targets => void told.push(`+ ${targets.map(formatEndpoint)}`),
      forget: targets => void told.push(...(targets.length === 0 ? [] : [`- ${targets.map(formatEndpoint)}`])),
      keep,
      unknown: (name, reason) => void told.push(`? ${name} ${reason}`),
    })
    return { addresses, told, named }
  }

  it('are dialled at the address that the name has at the time', async () => {
    const { addresses, told, named } = world()
    addresses.set(HOME.name, [OLD])
    named.add([HOME], false)
    expect(named.unresolved).toMatchObject([HOME])
    await named.look()
    expect(named.unresolved).toEqual([])
    addresses.set(HOME.name, [MOVED, OTHER])
    await named.look()
    addresses.set(HOME.name, [OTHER, MOVED])
    await named.look()
    expect(told).toEqual([`+ ${OLD}:6783`, `- ${OLD}:6783`, `+ ${MOVED}:6783,${OTHER}:6783`])
  })

  it('stand for what they stood for while nobody can say, which is said once', async () => {
    const { addresses, told, named } = world()
    addresses.set(HOME.name, [OLD])
    named.add([HOME], false)
    await named.look()
    addresses.clear()
    for (let again = 0; again < 3; again++) await named.look()
    expect(told).toEqual([`+ ${OLD}:6783`, `? ${HOME.name} ENOTFOUND`])
    expect(named.endpoints).toEqual([{ ip: OLD, port: 6783 }])
  })

  it('are forgotten by name with what they stood for, unless another name stands for it too', async () => {
    const { addresses, told, named } = world()
    addresses.set(HOME.name, [OLD]).set('also', [OLD, OTHER]).set('third', [OTHER])
    named.add([HOME, ...['also', 'third'].map(name => ({ name, port: 6783 }))], false)
    await named.look()
    told.length = 0
    addresses.set(HOME.name, [MOVED])
    await named.look()
    named.remove([{ name: 'also', port: 6783 }])
    named.remove([{ name: 'nobody', port: 6783 }])
    expect(told).toEqual([`+ ${MOVED}:6783`, `- ${OLD}:6783`])
    named.add([], true)
    expect(named.count).toBe(0)
  })

  it('are known after a restart, an unreadable file being as good as none', async () => {
    keepNames(path(), [HOME])
    const { addresses, told, named } = world()
    addresses.set(HOME.name, [OLD])
    await named.look()
    expect([told, world().named.endpoints]).toEqual([[`+ ${OLD}:6783`], [{ ip: OLD, port: 6783 }]])
    writeFileSync(path(), '[{"name": 7}, null]')
    expect(world().named.count).toBe(0)
  })

  it('are followed though the disk takes nothing, and kept as they are when it does again', async () => {
    const later: (() => void)[] = []
    const { addresses, told, named } = world(save => void later.push(save))
    addresses.set(HOME.name, [OLD])
    named.add([HOME], false)
    for (const address of [OLD, MOVED]) {
      addresses.set(HOME.name, [address])
      await named.look()
    }
    expect(told).toEqual([`+ ${OLD}:6783`, `- ${OLD}:6783`, `+ ${MOVED}:6783`])
    expect(world().named.endpoints).toEqual([])
    later[0]?.()
    expect(world().named.endpoints).toEqual([{ ip: MOVED, port: 6783 }])
  })

  it('are at most a hundred', () => {
    const { named } = world()
    const many = Array.from({ length: 101 }, (_, i) => ({ name: `host-${i}`, port: 6783 }))
    expect(() => named.add(many, false)).toThrow('at most 100 peers by name')
    expect(named.count).toBe(0)
  })

  it('are not dialled any more once the router has ended', async () => {
    const { addresses, told, named } = world()
    addresses.set(HOME.name, [OLD])
    named.add([HOME], false)
    named.stop()
    await named.look()
    expect(told).toEqual([])
  })
})
