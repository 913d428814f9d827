import { BOUND_MARK, CABLES } from './results.ts'

/** What the signs in tables mean, for all who quote them. */
export const BOUND_LEGEND = `A ${BOUND_MARK} means that ${CABLES} carried no more small packets either: the limit is iperf3, which sends and counts them.`
