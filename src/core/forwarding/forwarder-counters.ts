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
  /** Frames too large for the path that went in parts, and that came in parts. */
  sentInParts: number
  joinedFromParts: number
  /** Segments of TCP that were made smaller than the container had them, and SYN that ask for no larger ones. */
  cutSmaller: number
  clamped: number
  /** Packets that were too large for the path: containers told so, and not told because there were too many. */
  toldTooBig: number
  untoldTooBig: number
  droppedShort: number
  droppedVersion: number
  droppedStranger: number
  droppedUnknownKey: number
  /** The key has sealed twice what it should, and there is no other. */
  droppedWornKey: number
  droppedReplay: number
  droppedForged: number
  droppedHops: number
  /** To be relayed, and relayed before: it went in circles while routes changed, or the network has doubled it. */
  droppedRepeated: number
  droppedUnreachable: number
  droppedOversize: number
  droppedUncuttable: number
  droppedMeta: number
  /** Of a payload in parts, one part at least was lost. */
  droppedIncomplete: number
  droppedPart: number
  /** Floods beyond what one source, or this host, may cause; and those beyond what one peer, or all of them, may have it flood. */
  droppedStorm: number
  /** Frames from elsewhere with the address of a container of this host. */
  droppedSpoofed: number
  /** Ethernet addresses that went to another peer, that were held for theirs, and that were forgotten because there were too many. */
  macsMoved: number
  macsHeld: number
  macsForgotten: number
}

export function noCounts(): ForwarderCounters {
  return {
    captured: 0,
    injected: 0,
    relayed: 0,
    flooded: 0,
    cut: 0,
    joined: 0,
    sentInParts: 0,
    joinedFromParts: 0,
    cutSmaller: 0,
    clamped: 0,
    toldTooBig: 0,
    untoldTooBig: 0,
    droppedShort: 0,
    droppedVersion: 0,
    droppedStranger: 0,
    droppedUnknownKey: 0,
    droppedWornKey: 0,
    droppedReplay: 0,
    droppedForged: 0,
    droppedHops: 0,
    droppedRepeated: 0,
    droppedUnreachable: 0,
    droppedOversize: 0,
    droppedUncuttable: 0,
    droppedMeta: 0,
    droppedIncomplete: 0,
    droppedPart: 0,
    droppedStorm: 0,
    droppedSpoofed: 0,
    macsMoved: 0,
    macsHeld: 0,
    macsForgotten: 0,
  }
}
