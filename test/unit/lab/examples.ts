import { describeLab, type LabDescription } from '../../../src/lab/description.ts'

/** Variables of two hosts as `ansible-inventory --list` gives them: `edge` is in both networks. */
export function variables(changes: Record<string, unknown> = {}): Record<string, Record<string, unknown>> {
  const weave_lab = {
    networks: {
      left: { subnet: '10.77.1.0/24', control: '10.77.1.1' },
      right: { subnet: '10.77.2.0/24', control: '10.77.2.1' },
    },
  }
  const edge = { class: 'systemd', networks: { left: '10.77.1.13', right: '10.77.2.13' } }
  const plain = {
    class: 'sysvinit',
    networks: { left: '10.77.1.12' },
    files: { '/etc/default/docker': 'DOCKER_OPTS=\n' },
  }
  return {
    edge: { weave_lab, weave_lab_host: edge },
    plain: { weave_lab, weave_lab_host: { ...plain, ...changes } },
  }
}

export function exampleLab(): LabDescription {
  const description = describeLab('/srv/lab', variables())
  if (description === undefined) throw new Error('the example is no lab')
  return description
}
