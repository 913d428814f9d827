export interface Leisure {
  /** Not before. Milliseconds from the call. */
  readonly afterMs: number
  /** At the latest, however busy the host. */
  readonly latestMs: number
  readonly isBusy: () => boolean
  readonly lookEveryMs?: number
  /** Looks in a row that have to find the host idle. */
  readonly calmLooks?: number
}

export interface RepeatedLeisure extends Pick<Leisure, 'latestMs' | 'isBusy'> {
  readonly everyMs: number
}

const LOOK_EVERY_MS = 500
/** In a row: hosts that have a lot to do have moments in which nothing runs, and many routers would find the same one. */
const CALM_LOOKS = 3

/** Does once what can wait until others have no need of the processors. Clear what is returned to give it up. */
export function whenIdle(leisure: Leisure, act: () => void): NodeJS.Timeout {
  const { afterMs, latestMs, isBusy, lookEveryMs = LOOK_EVERY_MS, calmLooks = CALM_LOOKS } = leisure
  let waitedMs = 0
  let calm = 0
  const timer = setInterval(() => {
    waitedMs += lookEveryMs
    calm = isBusy() ? 0 : calm + 1
    if (waitedMs < afterMs || (waitedMs < latestMs && calm < calmLooks)) return
    clearInterval(timer)
    act()
  }, lookEveryMs)
  return timer
}

/** Does again and again what can wait: each time that it finds the host idle, and on a busy one so long after the last time. */
export function wheneverIdle({ everyMs, latestMs, isBusy }: RepeatedLeisure, act: () => void): NodeJS.Timeout {
  let waitedMs = 0
  return setInterval(() => {
    waitedMs += everyMs
    if (isBusy() && waitedMs < latestMs) return
    waitedMs = 0
    act()
  }, everyMs)
}
