import { encloses, networkOf, parseCidr, parseInterfaceAddress, sizeOf } from '../../base/cidr.ts'
import { parseIpv4 } from '../../base/ipv4.ts'
import { parseJson } from '../../contract/json-shape.ts'
import { isAssignment } from '../plan/docker-defaults.ts'
import type { Complaint, HostCase, HostCheck } from './disorder.ts'
import { when } from './disorder.ts'

const DEFAULTS = '/etc/default/docker'
const DAEMON = '/etc/docker/daemon.json'
/** Where docker0 was: there is none beside another bridge. */
const OLD_BRIDGE = '172.17.42.1'
const NEARLY_FULL = 0.9

/** What Docker does with a bridge that is not its own, much of it without a word. */
export const DOCKER_CHECKS: readonly HostCheck[] = [
  one =>
    when(isOurs(one) && !one.seen.services.docker.isActive && one.whole.docker !== null, () => ({
      about: 'docker-down',
      cause: one.whole.bridge.exists
        ? 'Docker does not run'
        : 'Docker does not run: it gives up where its bridge is missing',
      remedy: "'service docker start' on the host",
      repair: 'start-docker',
    })),
  checkNetwork,
  one => {
    const { containers, docker } = one.whole
    const strays = containers.filter(({ address }) => !isWithin(address, one.host.containerRange))
    return when(isOurs(one) && isPlanned(one) && docker !== null && strays.length > 0, () => ({
      about: 'container-outside-range',
      cause: `${strays.map(({ name, address }) => `${name} (${address})`).join(', ')} have addresses of another range than ${one.host.containerRange}: they were started before it was theirs`,
      remedy: `'docker stop' and 'docker start' them: ${strays.map(({ name }) => name).join(' ')}`,
    }))
  },
  one => {
    const { containers } = one.whole
    const range = parseCidr(one.host.containerRange)
    const size = range.ok ? sizeOf(range.value) : 0
    return when(isOurs(one) && containers.length >= size * NEARLY_FULL, () => ({
      about: 'range-full',
      severity: containers.length >= size ? 'error' : 'warning',
      cause: `${containers.length} of the ${size} addresses of ${one.host.containerRange} are in use: Docker then says 'no available IPv4 addresses on this network's address pools'`,
      remedy: 'stop containers, or move some to another host; a lower weave_container_prefix gives every host more',
    }))
  },
  ({ whole }) => {
    const both = ['bridge', 'fixed-cidr', 'mtu', 'hosts'].filter(
      key =>
        key in daemonOf(whole.files) &&
        new RegExp(`--${key === 'hosts' ? 'host' : key}[= ]`).test(optionsOf(whole.files)),
    )
    return when(both.length > 0, () => ({
      about: 'docker-told-twice',
      cause: `${both.join(', ')} is set in ${DEFAULTS} and in ${DAEMON}: Docker will refuse to start`,
      remedy: `take it out of ${DEFAULTS}, or run 'weave-provision up', which writes it in one place`,
    }))
  },
  ({ whole: { files } }) => {
    const count = (files[DEFAULTS] ?? '').split('\n').filter(isAssignment).length
    return when(count > 1, () => ({
      about: 'docker-opts-twice',
      severity: 'warning',
      cause: `${DEFAULTS} sets DOCKER_OPTS ${count} times: systemd takes the last one only, and does not expand $DOCKER_OPTS in it`,
      remedy: "make one line of them; 'weave-provision up' then keeps to it",
    }))
  },
  ({ whole: { files, dockerCommand } }) =>
    when(`${dockerCommand} ${optionsOf(files)} ${files[DAEMON] ?? ''}`.includes(OLD_BRIDGE), () => ({
      about: 'docker-old-dns',
      cause: `Docker gives containers ${OLD_BRIDGE} as name server: docker0 had it, and there is no docker0`,
      remedy: `take --dns ${OLD_BRIDGE} out of ${DEFAULTS} or ${DAEMON}, then 'service docker restart'`,
    })),
  ({ whole: { files, dockerCommand } }) => {
    const hosts = JSON.stringify(daemonOf(files).hosts ?? '')
    const isOpen = /tcp:\/\/(?!127\.|localhost)/.test(`${dockerCommand} ${hosts}`)
    const isSafe = /--tlsverify(?!=false)/.test(dockerCommand) || daemonOf(files).tlsverify === true
    return when(isOpen && !isSafe, () => ({
      about: 'docker-open',
      cause: "Docker's API listens on TCP without TLS: who reaches the port is root on the host",
      remedy: "take '-H tcp://…' away, or set tlsverify with certificates, then 'service docker restart'",
    }))
  },
  one => {
    const given =
      daemonOf(one.whole.files)['fixed-cidr'] ??
      /--fixed-cidr[= ](\S+?)["'\s]/.exec(`${optionsOf(one.whole.files)} `)?.[1]
    const address = typeof given === 'string' ? parseInterfaceAddress(given) : undefined
    const isOdd =
      address?.ok === true && networkOf(address.value.address, address.value.prefix) !== address.value.address
    return when(isOdd, () => ({
      about: 'docker-odd-range',
      severity: 'warning',
      cause: `fixed-cidr ${given} is not the first address of its network: Docker takes the whole network, without a word`,
      remedy: `write ${one.host.containerRange}; 'weave-provision up' does`,
    }))
  },
]

/** Docker remembers the network that it had when the bridge first came without an address, and keeps it. */
function checkNetwork(one: HostCase): readonly Complaint[] {
  const { host, whole } = one
  const network = whole.docker?.network
  if (!isOurs(one) || network === null || network === undefined || isPlanned(one)) return []
  if (network.bridge !== 'weave') {
    const cause = `Docker's network is on bridge ${network.bridge || 'docker0'}, not on weave: containers are not on the overlay`
    return [{ about: 'docker-other-bridge', cause, remedy: "'weave-provision up' configures Docker and restarts it" }]
  }
  const has = `${network.subnets.join(', ')}${network.range === '' ? '' : ` with range ${network.range}`}`
  if (!network.subnets.includes(subnetOf(one))) {
    const cause = `Docker hands out ${has} on the overlay: it was started when the bridge had no address, and remembers`
    const remedy = `'weave-provision up'; by hand: service docker stop; rm -r /var/lib/docker/network; service docker start`
    return [{ about: 'docker-stale-network', cause, remedy }]
  }
  const covers =
    network.range === '' ||
    !isWithinRange(network.range, subnetOf(one)) ||
    isWithin(firstOf(subnetOf(one)), network.range)
  const why = covers
    ? ": it would take other hosts' bridge addresses"
    : ", and other hosts' containers may have these addresses"
  const cause = `Docker hands out ${network.range || subnetOf(one)} in place of ${host.containerRange}${why}`
  return [{ about: 'docker-other-range', cause, remedy: "'weave-provision up' configures Docker and restarts it" }]
}

function isOurs({ host }: HostCase): boolean {
  return host.dockerMethod !== 'none'
}

function isPlanned(one: HostCase): boolean {
  const network = one.whole.docker?.network
  const isSame = network?.bridge === 'weave' && network.range === one.host.containerRange
  return isSame && network.subnets.includes(subnetOf(one))
}

function subnetOf({ facts }: HostCase): string {
  return facts.plan.subnet
}

function firstOf(cidr: string): string {
  return cidr.split('/')[0] ?? ''
}

function isWithin(address: string, range: string): boolean {
  const [ip, cidr] = [parseIpv4(address), parseCidr(range)]
  if (!ip.ok || !cidr.ok) return false
  return encloses(cidr.value, { network: ip.value, prefix: 32 })
}

function isWithinRange(inner: string, outer: string): boolean {
  const [a, b] = [parseCidr(inner), parseCidr(outer)]
  return a.ok && b.ok && encloses(b.value, a.value)
}

function optionsOf(files: Readonly<Record<string, string>>): string {
  return (files[DEFAULTS] ?? '').split('\n').filter(isAssignment).join(' ')
}

function daemonOf(files: Readonly<Record<string, string>>): Readonly<Record<string, unknown>> {
  const json = parseJson(files[DAEMON] ?? '{}')
  return json.ok && typeof json.value === 'object' && json.value !== null ? (json.value as Record<string, unknown>) : {}
}
