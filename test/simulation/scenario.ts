import { AddressFaults } from './address-faults.ts'
import { checkUnrefused } from './allowance-checks.ts'
import { CloneFaults } from './clone-faults.ts'
import { broadcastFrame, converge, exchangeBroadcasts } from './convergence.ts'
import { FaultDriver } from './fault-driver.ts'
import { InvariantViolation } from './invariants.ts'
import { SeededRandom } from './random.ts'
import { SiteFaults } from './site-faults.ts'
import { TOPOLOGIES, type Topology, wiresOf } from './topology.ts'
import { World, type WorldOptions } from './world.ts'

const STEPS_MAX = 30
const LONGEST_STEP_MS = 4_000
/** A re-key and the end of its overlap fall into a pause of this length. */
const LONG_PAUSE_MS = 12 * 60_000
const LONG_PAUSE_HOSTS_MAX = 6
/** Wall clocks a year apart. */
const SKEW_MAX_MS = 365 * 24 * 3_600_000
/** Sites draw from a sequence of their own, so that kept seeds without them stay the runs that they were. */
const SITES_SEED = 0x51_7e5
/** So does whether anybody is certified. */
const OPEN_SEED = 0x0_9e4
const OPEN_SHARE = 0.3
/** So do containers and copies of hosts, which only certified clusters have here. */
const SERVICES_SEED = 0x5_e41
const SERVICES_SHARE = 0.4
const FEW_NUMBERS_MAX = 5
/** So do hosts that come, leave, are replaced and copied in open clusters, and whether processes are stopped in order. */
const VISITORS_SEED = 0x7_151
const VISITORS_SHARE = 0.6
const STOPS_SEED = 0x570_b5
const STOPS_SHARE = 0.6

export interface ScenarioOptions {
  readonly seed: number
  /** Drawn from the seed when absent. */
  readonly hosts?: number
  /**
   * `plain`: only what befalls wires and processes of a certified cluster; `sites`: gateways, narrow wires, moves and replaced hosts
   * too, processes that are stopped in order, and some clusters are open; absent: in some certified clusters also containers and
   * copies of hosts, and in some open ones hosts that come, leave, and are replaced and copied.
   */
  readonly faults?: 'plain' | 'sites'
  /** Absent: some clusters are open. */
  readonly membership?: 'certified'
}

export interface Outcome {
  readonly seed: number
  readonly hosts: number
  readonly topology: Topology
  /** Whether routers took whoever came. */
  readonly isOpen: boolean
  readonly virtualMs: number
  readonly convergedAfterMs: number
  readonly events: number
  /** What was done to the cluster, in order. */
  readonly story: readonly string[]
  readonly failure?: { readonly invariant: string; readonly detail: string }
  readonly trace: string
}

/** A cluster drawn from the seed: faults, then heal, then everything converges. A bug of the router is an outcome, never thrown. */
export function runScenario(options: ScenarioOptions): Outcome {
  const draw = new SeededRandom(options.seed)
  const count = options.hosts ?? draw.between(2, 10)
  const topology = draw.pick(TOPOLOGIES) ?? 'mesh'
  const hasSites = options.faults !== 'plain'
  const opening = new SeededRandom(options.seed + OPEN_SEED)
  const isOpen = hasSites && options.membership !== 'certified' && opening.chance(OPEN_SHARE)
  const serving = new SeededRandom(options.seed + SERVICES_SEED)
  const hasTopics = options.faults === undefined && !isOpen && serving.chance(SERVICES_SHARE)
  const hasVisitors =
    options.faults === undefined && isOpen && new SeededRandom(options.seed + VISITORS_SEED).chance(VISITORS_SHARE)
  const world = createWorld(options.seed, {
    draw,
    skewMax: hasSites ? SKEW_MAX_MS : 0,
    hasTopics,
  })
  if (isOpen) open(world, opening)
  const sites = new SiteFaults(world, new SeededRandom(options.seed + SITES_SEED))
  const addresses = new AddressFaults(world, serving)
  const clones = new CloneFaults(world, serving)
  const services = hasTopics ? [...addresses.deeds, ...clones.deeds] : hasVisitors ? clones.deeds : []
  const driver = new FaultDriver(world, draw, {
    deeds: hasSites ? [...sites.deeds, ...services] : [],
    hasVisitors,
    stopping: hasSites ? stopsOf(options.seed) : undefined,
  })
  const result = attempt(() => {
    const names = define(world, topology, { count, draw })
    if (hasSites) driver.story.push(...sites.begin(names))
    startAll(world, names, { isWhole: topology !== 'two islands', draw })
    driver.begin()
    endure(world, driver, draw)
    clones.end()
    return settle(world, driver, clones.lingersMs)
  })
  const failure = result.kind === 'failed' ? { failure: result.failure } : {}
  const convergedAfterMs = result.kind === 'converged' ? result.afterMs : Number.NaN
  const { story } = driver
  const figures = { hosts: count, topology, virtualMs: world.now, convergedAfterMs, events: world.events }
  return { seed: options.seed, ...figures, isOpen, story, ...failure, trace: world.trace.draw() }
}

/** What runs the same again. */
export function commandOf({ seed, hosts, faults, membership }: ScenarioOptions): string {
  const words = [
    ...(hosts === undefined ? [] : [`--hosts ${hosts}`]),
    ...(faults === undefined ? [] : [`--${faults}`]),
    ...(membership === undefined ? [] : ['--certified']),
  ]
  return ['npm run simulate --', `--seed ${seed}`, ...words, '--trace'].join(' ')
}

type Attempt =
  | { readonly kind: 'converged'; readonly afterMs: number }
  | { readonly kind: 'failed'; readonly failure: { readonly invariant: string; readonly detail: string } }

function attempt(run: () => number): Attempt {
  try {
    return { kind: 'converged', afterMs: run() }
  } catch (error) {
    if (!(error instanceof Error)) throw error
    const isViolation = error instanceof InvariantViolation
    const invariant = isViolation ? error.invariant : 'nothing is thrown'
    return { kind: 'failed', failure: { invariant, detail: isViolation ? error.message : `${error.stack}` } }
  }
}

function createWorld(
  seed: number,
  { draw, ...options }: { readonly draw: SeededRandom } & Pick<WorldOptions, 'skewMax' | 'hasTopics'>,
): World {
  const some = (share: number, most: number) => (draw.chance(share) ? draw.next() * most : 0)
  const faults = {
    latencyMs: 0.2 + some(0.7, 60),
    jitterMs: some(0.6, 40),
    loss: some(0.5, 0.2),
    duplication: some(0.4, 0.3),
    reordering: some(0.4, 0.5),
  }
  const driftMax = some(0.5, 0.01)
  return new World({ seed, faults, driftMax, ...options, keepsWiretap: false, heardLog: checkUnrefused })
}

function stopsOf(seed: number): SeededRandom | undefined {
  const stopping = new SeededRandom(seed + STOPS_SEED)
  return stopping.chance(STOPS_SHARE) ? stopping : undefined
}

/** Some begin with few short ids for many hosts, so that hosts have to take others. */
function open(world: World, draw: SeededRandom): void {
  const numbersMax = draw.chance(0.5) ? draw.between(1, FEW_NUMBERS_MAX) : undefined
  const numbers = new Map<string, number>()
  world.cluster.open(name => {
    if (numbersMax === undefined) return undefined
    const number = numbers.get(name) ?? draw.between(1, numbersMax)
    numbers.set(name, number)
    return number
  })
}

function define(
  world: World,
  topology: Topology,
  { count, draw }: { readonly count: number; readonly draw: SeededRandom },
): readonly string[] {
  const names = Array.from({ length: count }, (_, i) => `h${i + 1}`)
  world.define(names)
  for (const [a, b] of wiresOf(topology, names, draw)) world.wire(a, b)
  return names
}

function startAll(
  world: World,
  names: readonly string[],
  { isWhole, draw }: { readonly isWhole: boolean; readonly draw: SeededRandom },
): void {
  const manifest = world.cluster.manifest()
  const isOneSeed = draw.chance(0.5) && isWhole
  for (const name of names) {
    // Without a manifest routers know no addresses but those of their targets until they have heard of others.
    const targets = isOneSeed && !world.cluster.isOpen ? names.slice(0, 1) : names
    world.start(
      name,
      targets.filter(target => target !== name),
      manifest,
    )
    if (draw.chance(0.3)) world.run(draw.between(1, 500))
  }
}

function endure(world: World, driver: FaultDriver, draw: SeededRandom): void {
  const steps = draw.between(3, STEPS_MAX)
  for (let step = 0; step < steps; step++) {
    world.run(draw.between(1, LONGEST_STEP_MS))
    driver.doSomething()
    const up = [...world.hosts.values()].filter(host => host.isUp)
    const sender = draw.pick(up)
    if (sender !== undefined) world.send(sender.name, broadcastFrame(sender.member.shortId, `step ${step}`))
  }
  if (world.hosts.size <= LONG_PAUSE_HOSTS_MAX && draw.chance(0.15)) world.run(LONG_PAUSE_MS)
}

/** `lingersMs`: so long copies of hosts that ended may still be taken for them. */
function settle(world: World, driver: FaultDriver, lingersMs: number): number {
  driver.end()
  world.run(lingersMs)
  const afterMs = converge(world, driver.members)
  world.invariants.isSettled = true
  exchangeBroadcasts(world, driver.members)
  return afterMs
}
