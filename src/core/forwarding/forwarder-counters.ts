/** Why datagrams and frames were dropped, and how many passed. */
export interface ForwarderCounters {
  captured: number
  injected: number
  relayed: number
  flooded: number
  /** Segments that large frames from the bridge were cut into. */
  cut: number
  /** Frames that went to the bridge as part of a larger one. */
  joined: number
  droppedShort: number
  droppedVersion: number
  droppedStranger: number
  droppedUnknownKey: number
  droppedReplay: number
  droppedForged: number
  droppedHops: number
  droppedUnreachable: number
  droppedOversize: number
  droppedUncuttable: number
  droppedMeta: number
}

export function noCounts(): ForwarderCounters {
  return {
    captured: 0,
    injected: 0,
    relayed: 0,
    flooded: 0,
    cut: 0,
    joined: 0,
    droppedShort: 0,
    droppedVersion: 0,
    droppedStranger: 0,
    droppedUnknownKey: 0,
    droppedReplay: 0,
    droppedForged: 0,
    droppedHops: 0,
    droppedUnreachable: 0,
    droppedOversize: 0,
    droppedUncuttable: 0,
    droppedMeta: 0,
  }
}
