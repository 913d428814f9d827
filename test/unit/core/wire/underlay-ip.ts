import fc from 'fast-check'
import { formatIpAddress } from '../../../../src/base/ip-address.ts'

/** Addresses of both families, in the form that the routers write them. */
export const underlayIp: fc.Arbitrary<string> = fc.oneof(
  fc.ipV4(),
  fc.bigInt({ min: 0n, max: 2n ** 128n - 1n }).map(formatIpAddress),
  fc.constantFrom('::', '::1', '2001:db8::1', 'fe80::1'),
)
