import type { HostCheck } from './disorder.ts'
import { when } from './disorder.ts'

const CLOCK_OFFSET_SECONDS_MAX = 30

/** The router, its membership and its clock. */
export const ROUTER_CHECKS: readonly HostCheck[] = [
  ({ seen }) =>
    when(!seen.services.weave.isActive, () => ({
      about: 'router-down',
      cause: 'the router does not run',
      remedy: "'service weave start' on the host; 'weave-provision logs HOST' says why it ended",
      repair: 'start-router',
    })),
  ({ seen }) =>
    when(seen.services.weave.isActive && seen.router === null, () => ({
      about: 'router-mute',
      cause: 'the router runs and does not answer',
      remedy: "'service weave restart' on the host; frames stop for some seconds",
    })),
  ({ seen }) =>
    when(!seen.services.weave.isEnabled, () => ({
      about: 'router-not-enabled',
      cause: 'the router will not start at boot',
      remedy: "'systemctl enable weave', or 'update-rc.d weave enable', on the host",
      repair: 'enable-router',
    })),
  ({ seen: { router }, facts: { manifestVersion } }) =>
    when(router !== null && router.manifestVersion < manifestVersion, () => ({
      about: 'manifest-old',
      cause: `it has manifest version ${router?.manifestVersion}, and ${manifestVersion} is the last: it does not know who has come or gone`,
      remedy: "'weave-provision up'; if it reaches no other host, mend that first",
    })),
  ({ seen: { router }, facts: { manifestVersion } }) =>
    when(router !== null && manifestVersion > 0 && router.manifestVersion > manifestVersion, () => ({
      about: 'manifest-ahead',
      cause: `it has manifest version ${router?.manifestVersion}, and the lock file beside the inventory ends at ${manifestVersion}: somebody has applied from a newer copy`,
      remedy: 'fetch the newest inventory and lock file from version control before any change',
    })),
  ({ seen: { router }, facts: { plan } }) => {
    const cluster = plan.lock.cluster?.id
    return when(router !== null && cluster !== undefined && router.clusterId !== cluster, () => ({
      about: 'other-cluster-runs',
      cause: 'its router belongs to another cluster',
      remedy: "'weave-provision up' brings it into this one; containers keep their addresses",
    }))
  },
  ({ seen: { router } }) => {
    const twins = (router?.peers ?? []).filter(peer => peer.twins !== null)
    return twins.map(peer => ({
      about: 'duplicate-peer',
      cause: `two routers claim to be '${peer.nickname}' (${peer.name}), at ${peer.twins?.at} and at ${peer.twins?.andAt}: a machine was cloned with its identity`,
      remedy: "on the clone: 'service weave stop; rm /var/lib/weave/identity.pem', then 'weave-provision up'",
    }))
  },
  ({ seen, facts }) =>
    when(seen.release !== null && seen.release !== facts.release, () => ({
      about: 'other-release',
      severity: 'warning',
      cause: `it runs release ${seen.release?.slice(0, 12)} of the agent, and this build ships ${facts.release.slice(0, 12)}`,
      remedy: "'weave-provision up' upgrades it",
    })),
  ({ seen }) =>
    when(Object.keys(seen.pending).length > 0, () => ({
      about: 'half-applied',
      cause: `an apply was cut off: ${Object.entries(seen.pending)
        .map(([name, need]) => `${name} needs a ${need}`)
        .join(', ')}`,
      remedy: "'weave-provision up' does what is missing",
    })),
  ({ seen }) => {
    const seconds = Math.round(seen.clockOffsetSeconds)
    return when(Math.abs(seconds) > CLOCK_OFFSET_SECONDS_MAX, () => ({
      about: 'clock',
      severity: 'warning',
      cause: `its clock is ${Math.abs(seconds)} s ${seconds > 0 ? 'ahead of' : 'behind'} that of the control machine`,
      remedy: "'timedatectl set-ntp true' on the host, or 'chronyc makestep' where there is chrony",
    }))
  },
]
