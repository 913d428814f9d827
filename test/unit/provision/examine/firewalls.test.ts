import { blockingPort } from '../../../../src/provision/examine/firewall-rules.ts'
import { blockingNft } from '../../../../src/provision/examine/nft-rules.ts'

/** `iptables -S` of a host with ufw in its default state, as far as packets to a port meet it. */
function ufw(userRules: readonly string[]): string {
  return [
    '-P INPUT DROP',
    '-P FORWARD DROP',
    '-P OUTPUT ACCEPT',
    '-N ufw-before-input',
    '-N ufw-not-local',
    '-N ufw-user-input',
    '-N ufw-skip-to-policy-input',
    '-A INPUT -j ufw-before-logging-input',
    '-A INPUT -j ufw-before-input',
    '-A INPUT -j ufw-after-input',
    '-A ufw-after-input -p udp -m udp --dport 137 -j ufw-skip-to-policy-input',
    '-A ufw-before-input -i lo -j ACCEPT',
    '-A ufw-before-input -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT',
    '-A ufw-before-input -m conntrack --ctstate INVALID -j DROP',
    '-A ufw-before-input -j ufw-not-local',
    '-A ufw-before-input -j ufw-user-input',
    '-A ufw-not-local -m addrtype --dst-type LOCAL -j RETURN',
    '-A ufw-not-local -j DROP',
    ...userRules,
    '-A ufw-skip-to-policy-input -j DROP',
  ].join('\n')
}

/** `nft list ruleset` of a host with firewalld, likewise. */
function firewalld(allowed: readonly string[], target = 'goto filter_IN_public'): string {
  return `table ip filter {
	chain INPUT {
		type filter hook input priority filter; policy drop;
	}
}
table inet firewalld {
	chain filter_INPUT {
		type filter hook input priority filter + 10; policy accept;
		ct state { established, related } accept
		iifname "lo" accept
		jump filter_INPUT_ZONES
		ct state invalid drop
		reject with icmpx admin-prohibited
	}
	chain filter_INPUT_ZONES {
		iifname "eth0" ${target}
	}
	chain filter_IN_public_allow {
${allowed.map(rule => `		${rule}\n`).join('')}	}
}
`
}

describe('a host whose firewall is run by', () => {
  it('ufw closes the port until a rule of a user opens it, and is told with its own command', () => {
    const closed = blockingPort('iptables', ufw(['-A ufw-user-input -p tcp -m tcp --dport 22 -j ACCEPT']), TCP)
    expect(closed).toMatchObject([{ rule: 'policy DROP of INPUT', removal: 'ufw allow 6783/tcp' }])
    const rule = '-A ufw-user-input -s 10.0.0.0/8 -p tcp -m tcp --dport 6783 -j ACCEPT'
    expect(blockingPort('iptables', ufw([rule]), TCP)).toEqual([])
    expect(blockingPort('iptables', ufw([rule]), UDP)).toHaveLength(1)
  })

  it('ufw and was told to deny the port is told so, wherever an allowing rule comes later', () => {
    const rules = ['deny', 'allow'].map(
      word => `-A ufw-user-input -p udp -m udp --dport 6783 -j ${word === 'deny' ? 'DROP' : 'ACCEPT'}`,
    )
    expect(blockingPort('iptables', ufw(rules), UDP)).toMatchObject([{ rule: rules[0], removal: 'ufw allow 6783/udp' }])
    expect(blockingPort('iptables', ufw([...rules].reverse()), UDP)).toEqual([])
  })

  it.each([
    ['no rule for it', [], 1],
    ['a rule for another port', ['tcp dport 22 ct state { new, untracked } accept'], 1],
    ['a rule for it', ['tcp dport 6783 ct state { new, untracked } accept'], 0],
    ['a rule for the members', ['ip saddr @weave tcp dport 6783 ct state { new, untracked } accept'], 0],
    ['several ports in one rule', ['tcp dport { 22, 6783 } accept'], 0],
  ])('firewalld with %s is judged by its table alone', (_, rules, count) => {
    const found = blockingNft(firewalld(rules), TCP)
    expect(found).toHaveLength(count)
    for (const { rule, table } of found)
      expect([rule, table]).toEqual(['reject with icmpx admin-prohibited', 'table inet firewalld'])
  })

  it('firewalld with a zone that is trusted lets all in', () => {
    expect(blockingNft(firewalld([], 'goto filter_IN_trusted'), TCP)).toEqual([])
  })

  it('rules of its own in nftables whose policy is drop', () => {
    const own = (rules: string) =>
      `table inet own {\n  chain in {\n    type filter hook input priority 0; policy drop;\n    ${rules}\n  }\n}`
    expect(blockingNft(own('tcp dport 22 accept'), TCP)).toHaveLength(1)
    expect(blockingNft(own('tcp dport 6783 accept'), TCP)).toEqual([])
    expect(blockingNft(own('udp dport @open accept'), UDP)).toEqual([])
  })
})

const TCP = { port: 6783, protocol: 'tcp' } as const
const UDP = { port: 6783, protocol: 'udp' } as const
