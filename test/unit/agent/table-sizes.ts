import type { TableSizes } from '../../../src/core/router/index.ts'

/** Of a router that keeps nothing. */
export const NO_SIZES: TableSizes = {
  records: 0,
  unsent: 0,
  links: 0,
  targets: 0,
  directPaths: 0,
  measuredPaths: 0,
  watchedPeers: 0,
  addressPeers: 0,
  addressRequests: 0,
  namePeers: 0,
}
