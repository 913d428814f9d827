import { parseCall } from '../../../../src/agent/cni/cni-call.ts'
import { type WeaveNetOptions, weaveNet } from '../../../../src/agent/cni/weave-net.ts'
import { joinBridges } from '../../../../src/agent/linux/bridge.ts'
import { makePort } from '../../../../src/agent/linux/change-device.ts'
import { noBridge, requireBridge } from '../../../../src/agent/linux/required-bridge.ts'
import { networkDriver } from '../../../../src/agent/plugin/network-driver.ts'

const NAME = 'nosuchbridge'
const MISSING = noBridge(NAME)

describe('a bridge that is not there', () => {
  it.each<[string, () => unknown]>([
    ['whoever needs one', async () => requireBridge(NAME)],
    ['a port to be', async () => makePort('lo', NAME)],
    ['a pair of bridges', async () => joinBridges(NAME, 'lo')],
    ['Docker’s network driver', () => join()],
  ])('is told in the same words, with the same remedy, to %s', async (_, need) => {
    await expect(need()).rejects.toThrow(expect.objectContaining({ problems: MISSING.problems }))
  })

  it('is told so to a runtime of CNI, which has a code for it', async () => {
    const call = parseCall(
      { CNI_COMMAND: 'STATUS' },
      JSON.stringify({ cniVersion: '1.1.0', name: 'weave', bridge: NAME }),
    )
    const [problem] = MISSING.problems
    await expect(weaveNet(call, { bridge: NAME } as WeaveNetOptions)).rejects.toMatchObject({
      code: 50,
      message: problem?.cause,
      details: problem?.remedy,
    })
  })

  it('is what a device of another kind under its name counts as', () => {
    expect(() => requireBridge('lo')).toThrow("there is no bridge 'lo'")
  })
})

function join(): unknown {
  const driver = networkDriver({ bridge: NAME } as Parameters<typeof networkDriver>[0])
  return driver['NetworkDriver.Join']?.({ NetworkID: 'n', EndpointID: 'e'.repeat(64) })
}
