import { firewallText, HostFirewall, hooksThere, ipv6FirewallText } from '../../../../src/agent/linux/host-firewall.ts'
import type { Jump } from '../../../../src/agent/linux/rule-jumps.ts'
import { parseIpNetwork } from '../../../../src/base/ip-address.ts'
import { UserError } from '../../../../src/base/user-error.ts'

const cidr = (text: string) => {
  const parsed = parseIpNetwork(text)
  if (!parsed.ok) throw new Error(parsed.error)
  return parsed.value
}

/** What the kernel says where only programs know. */
const OF_PROGRAMS = { mayHaveChain: () => true, hasJump: () => false }

const PLACE = { bridge: 'weave', dockerBridge: 'docker0', overlay: undefined, exposed: [], port: 6783 }

describe('the rules of the host', () => {
  it('let the overlay pass even when nothing is exposed', () => {
    const text = firewallText(PLACE)
    expect(text).toContain('-A WEAVE-EXPOSE -i weave -o weave -j ACCEPT')
    expect(text).not.toContain('MASQUERADE')
  })

  it('masquerade between an exposed subnet and the outside, never within the overlay', () => {
    const exposed = [{ subnet: cidr('10.2.1.0/24'), masquerade: true }]
    const lines = firewallText({ ...PLACE, overlay: cidr('10.2.0.0/16'), exposed }).split('\n')
    const nat = lines.slice(lines.indexOf('*nat'))
    expect(nat.filter(line => line.startsWith('-A'))).toEqual([
      '-A WEAVE -d 224.0.0.0/4 -j RETURN',
      '-A WEAVE -s 10.2.1.0/24 ! -o weave -j MASQUERADE',
      '-A WEAVE -s 10.2.0.0/16 -j RETURN',
      '-A WEAVE -s 10.2.1.0/24 -j RETURN',
      '-A WEAVE -o weave -d 10.2.1.0/24 -j MASQUERADE',
    ])
  })

  it('let containers of Docker’s own network ask for names, and for nothing else of ours (FW-03, FW-04, FW-05)', () => {
    const lines = firewallText({ ...PLACE, port: 7000 }).split('\n')
    expect(lines.filter(line => line.startsWith('-A WEAVE-EXPOSE'))[0]).toBe(
      '-A WEAVE-EXPOSE -i docker0 -o weave -j DROP',
    )
    expect(lines.filter(line => line.startsWith('-A WEAVE-INPUT'))).toEqual([
      '-A WEAVE-INPUT ! -i lo -d 127.0.0.0/8 -p tcp --dport 6784 -j DROP',
      '-A WEAVE-INPUT -i docker0 -p tcp --dport 7000 -j DROP',
      '-A WEAVE-INPUT -i docker0 -p udp --dport 7000 -j DROP',
      '-A WEAVE-INPUT -i docker0 -p udp --dport 6784:6785 -j DROP',
      '-A WEAVE-INPUT -i docker0 -p udp --dport 53 -j ACCEPT',
      '-A WEAVE-INPUT -i docker0 -p tcp --dport 53 -j ACCEPT',
    ])
  })

  it('are about the bridge that Docker has, unless it has the overlay’s (FLAG-39, ENV-14)', () => {
    const renamed = firewallText({ ...PLACE, dockerBridge: 'dock' })
    expect(renamed).toContain('-A WEAVE-EXPOSE -i dock -o weave -j DROP')
    expect(renamed).toContain('-A WEAVE-INPUT -i dock -p tcp --dport 6783 -j DROP')
    expect(renamed).not.toContain('docker0')
    const shared = firewallText({ ...PLACE, dockerBridge: 'weave' })
    expect(shared).toContain('-A WEAVE-EXPOSE -i weave -o weave -j ACCEPT')
    expect(shared).not.toMatch(/-i weave .*DROP/)
  })

  it('come in one step with the jumps to their chains, of which none is doubled (FW-01, FW-02, FW-04)', () => {
    const jumps = (text: string) => text.split('\n').filter(line => line.startsWith('-I'))
    expect(jumps(firewallText(PLACE))).toEqual([
      '-I FORWARD 1 -j WEAVE-EXPOSE',
      '-I INPUT 1 -j WEAVE-INPUT',
      '-I POSTROUTING 1 -j WEAVE',
    ])
    expect(jumps(firewallText(PLACE, []))).toEqual([])
  })

  it('keep the source where that was asked for', () => {
    const exposed = [{ subnet: cidr('10.2.1.0/24'), masquerade: false }]
    const text = firewallText({ ...PLACE, overlay: cidr('10.2.0.0/16'), exposed })
    expect(text).not.toContain('MASQUERADE')
    expect(text).toContain('-A WEAVE-EXPOSE -o weave -d 10.2.1.0/24 -j ACCEPT')
  })

  it('let the overlay’s IPv6 pass, keep Docker’s own network out likewise, and masquerade none of it', () => {
    const wish = { bridge: 'weave', dockerBridge: 'docker0', overlay: cidr('10.2.0.0/16'), exposed: [], port: 6783 }
    expect(ipv6FirewallText(wish).split('\n')).toEqual([
      '*filter',
      ':WEAVE-EXPOSE - [0:0]',
      ':WEAVE-INPUT - [0:0]',
      '-A WEAVE-EXPOSE -i docker0 -o weave -j DROP',
      '-A WEAVE-EXPOSE -i weave -o weave -j ACCEPT',
      '-A WEAVE-INPUT -i docker0 -p tcp --dport 6783 -j DROP',
      '-A WEAVE-INPUT -i docker0 -p udp --dport 6783 -j DROP',
      '-A WEAVE-INPUT -i docker0 -p udp --dport 6784:6785 -j DROP',
      '-A WEAVE-INPUT -i docker0 -p udp --dport 53 -j ACCEPT',
      '-A WEAVE-INPUT -i docker0 -p tcp --dport 53 -j ACCEPT',
      '-I FORWARD 1 -j WEAVE-EXPOSE',
      '-I INPUT 1 -j WEAVE-INPUT',
      'COMMIT',
      '',
    ])
  })

  it('are not doubled in a table that iptables-save does not list (FW-06)', async () => {
    const [forward, input, nat] = [
      { table: 'filter', from: 'FORWARD', chain: 'WEAVE-EXPOSE' },
      { table: 'filter', from: 'INPUT', chain: 'WEAVE-INPUT' },
      { table: 'nat', from: 'POSTROUTING', chain: 'WEAVE' },
    ] as const
    const asked: string[] = []
    const ask = ([program, ...words]: readonly string[]) => {
      asked.push([program, ...words].join(' '))
      if (program === 'iptables-save') {
        return "# Table `filter' is incompatible, use 'nft' tool.\n*nat\n-A POSTROUTING -j WEAVE\nCOMMIT\n"
      }
      return words.includes('FORWARD') ? '' : undefined
    }
    const there = await hooksThere({ program: 'iptables', hooks: [forward, input, nat] }, { ...OF_PROGRAMS, ask })
    expect([...there]).toEqual([forward, nat])
    expect(asked).toEqual([
      'iptables-save',
      'iptables --wait -t filter -C FORWARD -j WEAVE-EXPOSE',
      'iptables --wait -t filter -C INPUT -j WEAVE-INPUT',
    ])
  })

  it.each([
    ['one by one when they cannot be listed', undefined, 2],
    ['by the listing alone when it has all tables', '*filter\n:FORWARD ACCEPT [0:0]\nCOMMIT\n', 1],
    ['by the listing alone when there is no table yet', '', 1],
  ])('are looked for %s (FW-06)', async (_, listing, programs) => {
    const hook = { table: 'filter', from: 'FORWARD', chain: 'WEAVE-EXPOSE' } as const
    const asked: string[] = []
    const ask = ([program = '']: readonly string[]) => {
      asked.push(program)
      return program === 'iptables-save' ? listing : undefined
    }
    const there = await hooksThere({ program: 'iptables', hooks: [hook] }, { ...OF_PROGRAMS, ask })
    expect([there.size, asked.length]).toEqual([0, programs])
  })

  it.each([
    ['are not listed where the kernel has them all', ['FORWARD', 'INPUT'], ['FORWARD', 'INPUT'], []],
    ['are listed where the kernel may lack one', ['FORWARD'], ['INPUT'], ['ip6tables-save']],
  ])('%s', async (_, known, expected, programs) => {
    const hooks = [
      { table: 'filter', from: 'FORWARD', chain: 'WEAVE-EXPOSE' },
      { table: 'filter', from: 'INPUT', chain: 'WEAVE-INPUT' },
    ] as const
    const asked: string[] = []
    const ask = ([program = '']: readonly string[]) => {
      asked.push(program)
      return '*filter\n-A INPUT -j WEAVE-INPUT\nCOMMIT\n'
    }
    const hasJump = ({ program, table, from }: Jump) =>
      program === 'ip6tables' && table === 'filter' && known.includes(from)
    const there = await hooksThere({ program: 'ip6tables', hooks }, { ...OF_PROGRAMS, ask, hasJump })
    expect([[...there].map(({ from }) => from), asked]).toEqual([expected, programs])
  })

  it('are not listed for jumps to chains that the kernel does not have', async () => {
    const hooks = [
      { table: 'filter', from: 'FORWARD', chain: 'WEAVE-EXPOSE' },
      { table: 'filter', from: 'INPUT', chain: 'WEAVE-INPUT' },
    ] as const
    const asked: string[] = []
    const look = async (...chains: readonly string[]) => {
      const commands = {
        ask: ([program = '']: readonly string[]) => {
          asked.push(program)
          return '*filter\n-A INPUT -j WEAVE-INPUT\nCOMMIT\n'
        },
        mayHaveChain: ({ chain }: { readonly chain: string }) => chains.includes(chain),
        hasJump: () => false,
      }
      return [...(await hooksThere({ program: 'iptables', hooks }, commands))].map(({ chain }) => chain)
    }
    expect([await look(), asked]).toEqual([[], []])
    expect([await look('WEAVE-INPUT'), asked]).toEqual([['WEAVE-INPUT'], ['iptables-save']])
  })
})

describe('a host that refuses rules', () => {
  const refusal = new UserError({ cause: 'no such table', remedy: 'load it' })

  it.each([
    ['of IPv6 has those of IPv4 all the same, and says why', 'ip6tables-restore', 'no such table', 2],
    ['of none of them lacks nothing', 'nothing', undefined, 0],
  ])('%s', async (_, refused, said, more) => {
    const { firewall, told } = firewallOf(refused)
    expect(await firewall.apply(PLACE)).toBe(said)
    expect(told).toEqual(['iptables-restore', 'ip6tables-restore', ...Array(more).fill('ip6tables-restore')])
    expect(await firewall.isThere()).toBe(true)
  })

  it('of one chain of IPv6 has those of the other, and says why it lacks the first', async () => {
    const taken: string[] = []
    const firewall = new HostFirewall(1, {
      hasIpv6: () => true,
      run: (text, [restore]) => {
        if (restore === 'ip6tables-restore' && text.includes('--dport')) throw refusal
        taken.push(text)
      },
      ask: () => undefined,
      ...OF_PROGRAMS,
    })
    expect(await firewall.apply(PLACE)).toBe('no such table')
    expect(taken.slice(1).map(text => text.split('\n'))).toEqual([
      [
        '*filter',
        ':WEAVE-EXPOSE - [0:0]',
        '-A WEAVE-EXPOSE -i docker0 -o weave -j DROP',
        '-A WEAVE-EXPOSE -i weave -o weave -j ACCEPT',
        '-I FORWARD 1 -j WEAVE-EXPOSE',
        'COMMIT',
        '',
      ],
    ])
  })

  it('of IPv4 is an error, also that another program changes rules for longer than is waited for', async () => {
    const waited: (readonly string[])[] = []
    const firewall = new HostFirewall(7, {
      hasIpv6: () => false,
      run: (_, argv) => void waited.push(argv),
      ask: () => undefined,
      ...OF_PROGRAMS,
    })
    await firewall.apply(PLACE)
    expect(waited).toEqual([['iptables-restore', '--noflush', '--wait', '7']])
    await expect(firewallOf('iptables-restore').firewall.apply(PLACE)).rejects.toThrow(refusal)
  })

  it('of IPv6 is asked for them again once in ten looks, until it takes them', async () => {
    const { firewall, refuse } = firewallOf('ip6tables-restore')
    await firewall.apply(PLACE)
    const looks = async () => {
      const missed: number[] = []
      for (let i = 1; i <= 20; i++) if (!(await firewall.isThere())) missed.push(i)
      return missed
    }
    expect(await looks()).toEqual([10, 20])
    refuse('nothing')
    expect(await firewall.apply(PLACE)).toBeUndefined()
    expect(await looks()).toEqual([])
  })

  /** Of a host where one program fails; rules are there once they were told. */
  function firewallOf(program: string) {
    let refused = program
    const told: string[] = []
    const there = new Set<string>()
    const firewall = new HostFirewall(1, {
      hasIpv6: () => true,
      run: (_, [restore]) => {
        told.push(restore)
        if (restore === refused) throw refusal
        there.add(restore.replace('-restore', ''))
      },
      ask: ([asked]) => (there.has(asked) ? '' : undefined),
      ...OF_PROGRAMS,
    })
    return { firewall, told, refuse: (other: string) => (refused = other) }
  }
})
