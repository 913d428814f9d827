import type { Plan } from '../../../../src/provision/plan/plan.ts'
import { findingsOf } from '../../../../src/provision/survey/findings.ts'
import type { HostSurvey } from '../../../../src/provision/survey/survey.ts'
import { docker, surveyed } from '../change/surveys.ts'
import { host, planned } from '../inventories.ts'

function findings(settings: Partial<HostSurvey>, wish: Partial<Plan> = {}, address = '192.0.2.1') {
  const plan = { ...planned([host('a', { underlayAddresses: [address] })]), ...wish }
  return findingsOf(plan, new Map([['a', surveyed({}, settings)]]))
}

const system = surveyed({}).system

it('a host that has all has no findings', () => {
  expect(findings({})).toEqual([])
})

it.each<[string, Partial<HostSurvey>, string, string]>([
  ['what the host itself refuses', { problems: [{ cause: 'no ifup', remedy: 'install it' }] }, 'error', 'no ifup'],
  ['a clock an hour ahead', { clockOffsetSeconds: 3600 }, 'warning', 'its clock is 3600 s ahead of'],
  ['a clock an hour behind', { clockOffsetSeconds: -3600 }, 'warning', 'its clock is 3600 s behind'],
  [
    'a kernel without VXLAN',
    { system: { ...system, missingFeatures: ['vxlan'] } },
    'warning',
    'no vxlan: frames cannot',
  ],
  [
    'a kernel without bridges',
    { system: { ...system, missingFeatures: ['bridge'] } },
    'error',
    'no bridge: there is nothing to attach',
  ],
  ['a kernel without BPF', { system: { ...system, missingFeatures: ['bpf'] } }, 'warning', 'no bpf: frames cannot'],
  [
    'a port of the fast path that somebody has',
    { busyPorts: [{ port: 6784, holder: 'process 7 (flannel)' }] },
    'warning',
    'UDP port 6784 is in use by process 7 (flannel): frames cannot',
  ],
  ['a missing tool', { system: { ...system, missingTools: ['tc'] } }, 'warning', 'there is no tc'],
  [
    'an underlay that carries less than the overlay needs',
    { system: { ...system, interfaces: [{ name: 'eth0', mtu: 1400, addresses: ['192.0.2.1/24'] }] } },
    'warning',
    'weave_mtu 1376 needs 1454',
  ],
  [
    'an address behind NAT',
    { system: { ...system, interfaces: [{ name: 'eth0', mtu: 1500, addresses: ['10.0.0.7/24'] }] } },
    'warning',
    '192.0.2.1 is on none of its interfaces',
  ],
  ['no Docker', { docker: null }, 'warning', 'there is no Docker on it'],
  ['an old Docker', { docker: docker([], { version: '1.12.6' }) }, 'warning', 'Docker 1.12.6 is older'],
  [
    'a Docker that hangs',
    { docker: docker([], { isAnswering: false, error: 'timeout' }) },
    'warning',
    'does not answer: timeout',
  ],
])('%s is found, with a remedy', (_, settings, severity, cause) => {
  const [finding, ...rest] = findings(settings)
  expect(finding).toMatchObject({ host: 'a', severity, cause: expect.stringContaining(cause) })
  expect(finding?.remedy).not.toBe('')
  expect(rest).toEqual([])
})

it('a Docker that up will start is none', () => {
  const services = { ...surveyed({}).services, docker: { isActive: false, isEnabled: false } }
  expect(findings({ services, docker: docker([], { isAnswering: false }) })).toEqual([])
})

it.each<[string, Partial<HostSurvey>, string]>([
  ['the port of WireGuard', { busyPorts: [{ port: 6785, holder: 'process 7 (wg)' }] }, 'cannot be encrypted'],
  [
    'a kernel without WireGuard',
    { system: { ...system, missingFeatures: ['wireguard'] } },
    'no wireguard: the fast path in the kernel cannot be encrypted',
  ],
  [
    'what a tunnel puts around a frame',
    { system: { ...system, interfaces: [{ name: 'eth0', mtu: 1485, addresses: ['192.0.2.1/24', '2001:db8::1/64'] }] } },
    'weave_mtu 1376 needs 1486',
  ],
])('%s matters only where frames shall take tunnels', (_, settings, cause) => {
  expect(findings(settings)).toEqual([])
  expect(findings(settings, { wantsTunnels: true }).map(finding => finding.cause)).toEqual([
    expect.stringContaining(cause),
  ])
})

it('a tunnel over IPv6 takes 130 bytes of an underlay', () => {
  const interfaces = [{ name: 'eth0', mtu: 1500, addresses: ['2001:db8::1/64'] }]
  const [finding] = findings({ system: { ...system, interfaces } }, { wantsTunnels: true }, '2001:db8::1')
  expect(finding?.cause).toContain('weave_mtu 1376 needs 1506')
  expect(finding?.remedy).toContain('set weave_mtu to 1370 or less')
})
