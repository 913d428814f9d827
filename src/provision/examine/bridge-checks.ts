import { raiseCommand } from '../render/bridge-files.ts'
import type { HostCheck } from './disorder.ts'
import { when } from './disorder.ts'

/** Bridge, number and files: what the host must be like before a router is of any use. */
export const BRIDGE_CHECKS: readonly HostCheck[] = [
  ({ whole: { bridge, networkTool } }) =>
    when(!bridge.exists, () => ({
      about: 'bridge-missing',
      cause: 'the bridge weave is not there, so Docker cannot start and containers have no network',
      remedy: `'${raiseCommand(networkTool, 'weave')}' on the host; its containers must be started again`,
      repair: 'raise-bridge',
    })),
  ({ whole: { bridge }, host }) =>
    when(bridge.exists && !bridge.addresses.includes(host.bridgeAddress), () => ({
      about: 'bridge-address',
      cause: `the bridge has ${bridge.addresses.join(', ') || 'no address'} in place of ${host.bridgeAddress}: Docker would take a network of its own choice at its next start`,
      remedy: `'ip address replace ${host.bridgeAddress} dev weave' on the host`,
      repair: 'address-bridge',
    })),
  ({ whole: { bridge }, host }) =>
    when(bridge.exists && bridge.addresses.some(one => one !== host.bridgeAddress), () => ({
      about: 'bridge-foreign-address',
      severity: 'warning',
      cause: `the bridge has a further address: ${bridge.addresses.filter(one => one !== host.bridgeAddress).join(', ')}`,
      remedy: `'ip address delete ${bridge.addresses.find(one => one !== host.bridgeAddress)} dev weave' on the host, if nobody uses it`,
    })),
  // What the host was told counts, not an inventory that nobody has applied yet.
  ({ whole: { bridge, config } }) =>
    when(bridge.exists && config !== null && bridge.mtu !== config.mtu, () => ({
      about: 'bridge-mtu',
      cause: `the bridge has MTU ${bridge.mtu} in place of ${config?.mtu}: what its containers send is cut up, or lost on the way`,
      remedy: `'ip link set dev weave mtu ${config?.mtu}' on the host; containers take it when they are started again`,
      repair: 'resize-bridge',
    })),
  ({ whole: { bridge, networkTool } }) =>
    when(!bridge.isKnown && networkTool !== 'ifupdown', () => ({
      about: 'interfaces-unread',
      cause: `${networkTool} has no file of interface weave: the bridge will not come back after a boot`,
      remedy: "'weave-provision up' writes it",
    })),
  ({ whole: { bridge, networkTool, files, interfaceFiles } }) =>
    when(!bridge.isKnown && networkTool === 'ifupdown', () => {
      const isDirectory = /^\s*source-directory\s/m.test(files['/etc/network/interfaces'] ?? '')
      const isDotted = isDirectory && interfaceFiles.includes('weave.cfg')
      return {
        about: 'interfaces-unread',
        cause: isDotted
          ? 'ifupdown does not read weave.cfg: source-directory passes over names with a dot'
          : 'ifupdown knows no interface weave: the bridge will not come back after a boot',
        remedy: isDotted
          ? "'mv /etc/network/interfaces.d/weave.cfg /etc/network/interfaces.d/weave' on the host, or 'weave-provision up'"
          : "'weave-provision up' writes the stanza where this host's ifupdown reads it",
      }
    }),
  ({ whole: { bridge, containers } }) => {
    const ports = bridge.ports.filter(port => port.startsWith('veth')).length
    return when(bridge.exists && ports < containers.length, () => ({
      about: 'containers-off-bridge',
      cause: `${containers.length} containers run on Docker's bridge network and only ${ports} are attached to the bridge: it was taken down under them (ifdown, ifup)`,
      remedy: `'docker restart ${containers.map(({ name }) => name).join(' ')}' on the host`,
    }))
  },
  ({ whole: { overlaps }, facts: { plan } }) =>
    when(overlaps.length > 0, () => ({
      about: 'overlap',
      cause: `the overlay ${[plan.subnet, ...plan.addedRanges].join(', ')} overlaps ${overlaps.join(', ')}: some containers cannot be reached from this host`,
      remedy: `'ip route' on the host shows who uses it; take it away there, or move the overlay with weave_subnet`,
    })),
  ({ whole: { config }, host, facts: { plan } }) =>
    when(config !== null && (config.shortId !== host.index || config.subnet !== plan.subnet), () => ({
      about: 'other-number',
      cause: `the host was told number ${config?.shortId} in ${config?.subnet}, and the inventory says number ${host.index} in ${plan.subnet}`,
      remedy: "'weave-provision plan' shows what that would change; 'weave-provision up' does it",
    })),
  ({ whole: { config }, facts: { plan } }) => {
    const cluster = plan.lock.cluster?.id
    return when(config !== null && cluster !== undefined && config.clusterId !== cluster, () => ({
      about: 'other-cluster',
      cause: 'its configuration is that of another cluster',
      remedy:
        "give the inventory and lock file that it belongs to; or take it out of that cluster: 'weave-provision down', then 'up'",
    }))
  },
  ({ whole: { secretModes } }) => {
    const open = Object.entries(secretModes).filter(([, mode]) => mode !== '0600')
    return when(open.length > 0, () => ({
      about: 'secrets-readable',
      cause: `others may read ${open.map(([path, mode]) => `${path} (${mode})`).join(', ')}`,
      remedy: `'chmod 600 ${open.map(([path]) => path).join(' ')}' on the host`,
      repair: 'close-secrets',
    }))
  },
  ({ whole: { passwordInArgv } }) =>
    when(passwordInArgv.length > 0, () => ({
      about: 'password-shown',
      cause: `process ${passwordInArgv.join(', ')} shows a password in its arguments to every user of the host`,
      remedy: 'start it with --password-file, and change the password: weave password --file FILE',
    })),
  ({ seen }) =>
    when(seen.halfWritten.length > 0, () => ({
      about: 'half-written',
      severity: 'warning',
      cause: `a write was cut off and has left ${seen.halfWritten.join(', ')}; the files themselves are whole`,
      remedy: `'rm ${seen.halfWritten.join(' ')}' on the host`,
    })),
]
