import { renderExport } from '../../../../src/provision/render/export.ts'

const CLUSTER = {
  clusterName: 'shop',
  metricsPort: 6781,
  hosts: [
    {
      name: 'web1',
      index: 1,
      bridgeAddress: '10.2.0.1/16',
      containerRange: '10.2.1.0/24',
      underlayAddresses: ['192.0.2.1', '2001:db8::1'],
    },
    {
      name: 'web2',
      index: 7,
      bridgeAddress: '10.2.0.7/16',
      containerRange: '10.2.7.0/24',
      underlayAddresses: ['2001:db8::7'],
    },
  ],
}

it('Prometheus gets a target for each host, with what the host is', () => {
  expect(JSON.parse(renderExport(CLUSTER, 'prometheus'))).toEqual([
    {
      targets: ['192.0.2.1:6781'],
      labels: {
        weave_cluster: 'shop',
        weave_host: 'web1',
        weave_number: '1',
        weave_bridge: '10.2.0.1/16',
        weave_containers: '10.2.1.0/24',
      },
    },
    { targets: ['[2001:db8::7]:6781'], labels: expect.objectContaining({ weave_host: 'web2', weave_number: '7' }) },
  ])
})

it('Consul gets a registration for each host on a line of its own', () => {
  const lines = renderExport(CLUSTER, 'consul').trimEnd().split('\n')
  expect(lines.map(line => JSON.parse(line))).toMatchObject([
    {
      Node: 'web1',
      Address: '192.0.2.1',
      TaggedAddresses: { lan: '192.0.2.1', weave: '10.2.0.1' },
      Service: { Service: 'weave', Tags: ['shop'], Port: 6781, Meta: { weave_host: 'web1' } },
    },
    { Node: 'web2', Address: '2001:db8::7' },
  ])
})
