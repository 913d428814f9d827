import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { projectRoot } from '../../../src/cli/project-root.ts'
import { createProgram } from '../../../src/cli/provision/program.ts'
import { REPAIRS } from '../../../src/provision/examine/disorder.ts'
import { schemaOf, violations } from '../../json-schema.ts'

describe('the schemas of what --json prints', () => {
  /** `rotate` prints a report for each of its steps, and the file that `support-bundle` writes is its answer. */
  const NONE = ['rotate', 'support-bundle']

  it('there is one for each command that takes --json', () => {
    const commands = createProgram().commands.filter(({ options }) => options.some(({ long }) => long === '--json'))
    const names = commands.map(command => command.name()).filter(name => !NONE.includes(name))
    expect(names.length).toBeGreaterThan(10)
    for (const name of names) expect(schemaOf(name)).toHaveProperty('title')
  })

  it.each(readdirSync(join(projectRoot(), 'docs', 'schemas')))('%s is told from what is not so', file => {
    const schema = schemaOf(file.replace('.json', ''))
    expect(violations(schema, 7)).not.toEqual([])
    expect(violations(schema, schema.type === 'array' ? [{ at: 7 }] : { other: 7 })).not.toEqual([])
  })

  it('all that doctor mends is a choice of its schema', () => {
    const repair = schemaOf('doctor').properties?.findings?.items?.properties?.repair
    expect([...(repair?.enum ?? [])].sort()).toEqual([...REPAIRS].sort())
  })

  it('what is missing, too much, or of another type is named with its place', () => {
    const schema = {
      type: 'object',
      properties: { a: { type: 'array', items: { anyOf: [{ type: 'null' }, { enum: [1] }] } } },
      required: ['a'],
    }
    expect(violations(schema, { a: [1, null] })).toEqual([])
    expect(violations(schema, { b: 1 })).toEqual(['$.a is missing', '$.b is not in the schema'])
    expect(violations(schema, { a: [2] })).toEqual(['$.a[0] is none of the choices: 2'])
    expect(violations({ ...schema, additionalProperties: true }, { a: [], b: 1 })).toEqual([])
    expect(violations({ type: 'object' }, { b: 1 })).toEqual([])
    expect(() => violations({ pattern: 'x' } as never, 'x')).toThrow('no such keyword')
  })
})
