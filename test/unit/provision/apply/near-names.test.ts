import { nearNames } from '../../../../src/provision/apply/near-names.ts'

describe('near names', () => {
  it.each([
    ['alhpa', ['alpha']],
    ['ALPHA', ['alpha']],
    ['brvo', ['bravo']],
    ['rel', ['relay']],
    ['web', []],
  ])('of %s are %j', (typed, expected) => {
    expect(nearNames(typed, ['alpha', 'bravo', 'relay', 'delta'])).toEqual(expected)
  })
})
