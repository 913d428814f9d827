import type { ByteReader, ByteWriter } from '../../base/bytes.ts'
import { type Endpoint, isIpv6Text } from '../../base/endpoint.ts'
import { formatIpAddress, parseIpAddress } from '../../base/ip-address.ts'
import { formatIpv4, ipv4FromNumber, parseIpv4 } from '../../base/ipv4.ts'

const IPV4 = 4
const IPV6 = 6
const LOW_64_BITS = (1n << 64n) - 1n

/** With its family. */
export const ADDRESS_BYTES_MAX = 17
export const ENDPOINT_BYTES_MAX = ADDRESS_BYTES_MAX + 2

/** Family (8 bits: 4 or 6), then the 4 or 16 bytes of the address. What is no address goes as 0.0.0.0. */
export function writeAddress(writer: ByteWriter, ip: string): ByteWriter {
  const ipv6 = isIpv6Text(ip) ? parseIpAddress(ip) : undefined
  if (ipv6?.ok === true)
    return writer
      .u8(IPV6)
      .u64(ipv6.value >> 64n)
      .u64(ipv6.value & LOW_64_BITS)
  const ipv4 = parseIpv4(ip)
  return writer.u8(IPV4).u32(ipv4.ok ? ipv4.value : 0)
}

export function readAddress(reader: ByteReader): string {
  const family = reader.u8()
  if (family === IPV4) return formatIpv4(ipv4FromNumber(reader.u32()))
  if (family !== IPV6) {
    reader.fail('an address of an unknown family')
    return ''
  }
  const high = reader.u64()
  return formatIpAddress((high << 64n) | reader.u64())
}

/** Bytes of an address whose family this is, with it; undefined when there is no such family. Hot path. */
export function addressBytes(family: number | undefined): number | undefined {
  if (family === IPV4) return 5
  return family === IPV6 ? ADDRESS_BYTES_MAX : undefined
}

/** An address and its port (16 bits). */
export function writeEndpoint(writer: ByteWriter, { ip, port }: Endpoint): ByteWriter {
  return writeAddress(writer, ip).u16(port)
}

export function readEndpoint(reader: ByteReader): Endpoint {
  return { ip: readAddress(reader), port: reader.u16() }
}
