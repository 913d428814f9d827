import { LeaseCare } from '../../../../src/agent/containers/lease-care.ts'
import { type IpOnNetwork, parseIpOnNetwork } from '../../../../src/base/ip-address.ts'

const id = (digit: string) => digit.repeat(64)

function address(text: string): IpOnNetwork {
  const parsed = parseIpOnNetwork(text)
  if (!parsed.ok) throw new Error(parsed.error)
  return parsed.value
}

class Host {
  owners = new Map<string, string[]>()
  containers: string[] = []
  networkAddresses: string[] = []
  others: string[] = []
  busy: string[] = []
  records: string[] = []
  unfinished: string[] = []
  isDockerGone = false
  readonly forgotten: string[] = []
  readonly abandoned: string[] = []
  readonly released: string[] = []

  care(): LeaseCare {
    return new LeaseCare({
      docker: {
        list: async () => (this.isDockerGone ? Promise.reject(new Error('gone')) : this.containers),
        networkAddresses: async () => this.networkAddresses,
      },
      attaching: {
        abandon: async one => {
          this.abandoned.push(one)
          return []
        },
        forget: async one => void this.forgotten.push(one),
        isBusy: one => this.busy.includes(one),
        unfinished: () => this.unfinished,
      },
      store: { ids: () => this.records },
      given: { ids: () => [] },
      addresses: {
        owners: async () => [...this.owners].map(([owner, all]) => ({ id: owner, addresses: all.map(address) })),
        release: async one => void this.released.push(one),
      },
      others: () => this.others,
      driver: 'weavemesh',
      freed: () => undefined,
    })
  }
}

describe('the addresses of containers that are no more', () => {
  it('are freed, and those of all others kept', async () => {
    const host = new Host()
    for (const owner of [id('a'), id('b'), id('c'), id('d'), 'weave:expose', 'mine'])
      host.owners.set(owner, ['10.2.1.1/24'])
    host.containers = [id('a')]
    host.others = [id('b')]
    host.busy = [id('c')]
    await host.care().look()
    expect(host.forgotten).toEqual([id('d')])
    expect(host.released).toEqual([])
  })

  it('are those of records and of killed commands too', async () => {
    const host = new Host()
    host.records = [id('a'), id('b')]
    host.unfinished = [id('c'), id('d')]
    host.containers = [id('b'), id('d')]
    await host.care().look()
    expect(host.forgotten).toEqual([id('a'), id('c')])
    expect(host.abandoned).toEqual([id('d')])
  })

  it('stay as they are when Docker does not answer', async () => {
    const host = new Host()
    host.owners.set(id('a'), ['10.2.1.1/24'])
    host.isDockerGone = true
    await expect(host.care().look()).rejects.toThrow('gone')
    expect(host.forgotten).toEqual([])
  })

  it('go, in networks of Docker, when nobody has them at two looks running', async () => {
    const host = new Host()
    host.owners.set('_', ['10.4.0.1/16', '10.4.0.2/16'])
    host.networkAddresses = ['10.4.0.1']
    const care = host.care()
    await care.look()
    expect(host.released).toEqual([])
    host.networkAddresses = ['10.4.0.1', '10.4.0.2']
    await care.look()
    host.networkAddresses = ['10.4.0.1']
    await care.look()
    expect(host.released).toEqual([])
    await care.look()
    expect(host.released).toEqual(['_'])
  })
})
