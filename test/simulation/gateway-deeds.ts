import type { World } from './world.ts'

/** The gateway of the host is switched off and on: what it remembered is gone, and connections through it are dead. */
export function restartGateway(world: World, name: string): void {
  const { underlay, links } = world
  const gateway = underlay.gatewayOf(name)
  if (gateway === undefined) return
  gateway.restart()
  for (const inside of underlay.behind(gateway)) {
    links.halfOpenAll(inside, far => underlay.gatewayOf(far) !== gateway)
  }
}

/** The host has another address from here on, and its connections are dead; its router is told nothing. */
export function moveHost(world: World, name: string, ip: string): void {
  world.underlay.place(name, ip)
  world.links.halfOpenAll(name, () => true)
}
