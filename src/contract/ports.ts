/** Control links (TLS over TCP) and the sleeve (UDP). */
export const CONTROL_PORT = 6783

/** The kernel fast path (VXLAN over UDP). */
export const FAST_PATH_PORT = 6784

/** WireGuard beneath the fast path (UDP). */
export const TUNNEL_PORT = 6785
