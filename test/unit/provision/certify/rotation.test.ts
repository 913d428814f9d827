import { certify } from '../../../../src/provision/certify/certify.ts'
import { createSecrets, formatSecrets, parseSecrets } from '../../../../src/provision/certify/cluster-secrets.ts'
import { nextStep } from '../../../../src/provision/certify/rotation.ts'
import { host, planned } from '../inventories.ts'

const old = createSecrets()
const offered = nextStep(old)
const switched = nextStep(offered)
const dropped = nextStep(switched)
const done = nextStep(dropped)

async function keysOf(secrets: typeof old) {
  const { material } = await certify(planned([host('a')]), secrets)
  return material.admissionKeys
}

it('whoever dials at any step shows a key that whoever is a step behind or ahead lets in', async () => {
  const steps = await Promise.all([old, offered, switched, dropped, done].map(keysOf))
  for (const [i, keys] of steps.entries()) {
    for (const beside of [steps[i - 1], steps[i + 1]]) {
      if (beside !== undefined) expect(beside).toContain(keys[0])
    }
  }
})

it('in the end only the new key is left', async () => {
  const next = offered.rotation?.stage === 'offered' ? offered.rotation.other : ''
  expect(await keysOf(dropped)).toEqual([next])
  expect(await keysOf(done)).toEqual([next])
  expect(done.rotation).toBeUndefined()
  expect(done.admissionKey).not.toBe(old.admissionKey)
})

it.each([offered, switched, dropped, done])('a rotation that was cut off is known from the file', secrets => {
  const back = parseSecrets(formatSecrets(secrets))
  expect(back.ok && { key: back.value.admissionKey, rotation: back.value.rotation }).toEqual({
    key: secrets.admissionKey,
    rotation: secrets.rotation,
  })
})
