import { writeFileSync } from 'node:fs'
import { agentPaths } from '../../../../src/agent/host/agent-paths.ts'
import { StateStore } from '../../../../src/agent/host/state-store.ts'
import { formatEndpoint } from '../../../../src/base/endpoint.ts'
import { useTemporaryFolder } from '../temporary-folder.ts'

const A = { ip: '192.0.2.1', port: 6783 }
const B = { ip: '192.0.2.2', port: 6783 }
const C = { ip: '192.0.2.3', port: 7000 }

describe('the targets that an agent remembers', () => {
  const folder = useTemporaryFolder()
  const targets = (configured: string[]) => create().targets(configured).map(formatEndpoint)
  const create = () => new StateStore(agentPaths(folder()))

  it('are the configured ones at first', () => {
    expect(targets(['192.0.2.1', '192.0.2.2:6783'])).toEqual(['192.0.2.1:6783', '192.0.2.2:6783'])
  })

  it('keep what the operator added and took away, beside later changes of the configuration', () => {
    create().saveTargets([A, C], ['192.0.2.1', '192.0.2.2'])
    expect(targets(['192.0.2.1', '192.0.2.2', '192.0.2.9'])).toEqual([
      '192.0.2.1:6783',
      '192.0.2.9:6783',
      '192.0.2.3:7000',
    ])
  })

  it('forget that one was forgotten once it is wanted again', () => {
    create().saveTargets([A], ['192.0.2.1', '192.0.2.2'])
    create().saveTargets([A, B], ['192.0.2.1', '192.0.2.2'])
    expect(targets(['192.0.2.1', '192.0.2.2'])).toHaveLength(2)
  })

  it('are the configured ones when the file is broken', () => {
    const store = create()
    writeFileSync(agentPaths(folder()).targets, '{"added": 7')
    expect(store.targets(['192.0.2.1']).map(formatEndpoint)).toEqual(['192.0.2.1:6783'])
  })
})
