import { load } from 'js-yaml'
import { PHASES } from '../../../src/provision/apply/phase.ts'
import { projectFiles } from '../../architecture/project-files.ts'

type Task = Readonly<Record<string, unknown>>

const OWN_MODULE = /^weave_[a-z_]+$/
const KEYWORDS = [
  ...['name', 'tags', 'when', 'register', 'notify', 'loop', 'listen', 'vars', 'no_log', 'diff', 'become', 'check_mode'],
  ...['changed_when', 'failed_when', 'run_once', 'delegate_to', 'any_errors_fatal'],
]

const files = projectFiles().filter(({ path }) => /^roles\/\w+\/(tasks|handlers)\/.+\.yml$/.test(path))
const tasks = files.flatMap(({ path, text }) => flatten(load(text) as readonly Task[]).map(task => ({ path, task })))

describe('each task of the roles', () => {
  it('is there to be looked at', () => {
    expect(tasks.length).toBeGreaterThan(15)
  })

  it.each(tasks)('is named as a sentence: $path $task.name', ({ task }) => {
    expect(task.name).toMatch(/^[A-Z][a-z]+ .*[^.]$/)
  })

  it.each(tasks)('calls its module by its full name, or one of the role’s own: $path $task.name', ({ task }) => {
    const modules = Object.keys(task).filter(key => !KEYWORDS.includes(key))
    expect(modules).toHaveLength(1)
    expect(modules[0]?.startsWith('ansible.builtin.') || OWN_MODULE.test(modules[0] ?? '')).toBe(true)
  })

  it.each(tasks.filter(({ task }) => task['ansible.builtin.import_tasks'] === undefined))(
    'has a tag: $path $task.name',
    ({ task }) => {
      const known = ['always', ...PHASES]
      expect(task.tags).toEqual(expect.arrayContaining([expect.any(String)]))
      expect((task.tags as readonly string[]).filter(tag => !known.includes(tag))).toEqual([])
    },
  )

  it.each(tasks.filter(({ task }) => 'ansible.builtin.command' in task || 'ansible.builtin.shell' in task))(
    'says whether a command changes anything: $path $task.name',
    ({ task }) => {
      expect(task).toHaveProperty('changed_when')
    },
  )

  it.each(tasks.filter(({ task }) => task.delegate_to === 'localhost'))(
    'needs no root on the control machine: $path $task.name',
    ({ task }) => {
      expect(task.become).toBe(false)
    },
  )
})

describe('each default of a role', () => {
  const roles = ['weave', 'weave_docker'] as const

  it.each(roles)('is in the specification of its arguments: %s', role => {
    const specification = read(`roles/${role}/meta/argument_specs.yml`) as {
      argument_specs: { main: { options: Record<string, { default?: unknown; description: string }> } }
    }
    const defaults = read(`roles/${role}/defaults/main.yml`) as Record<string, unknown>
    const { options } = specification.argument_specs.main
    expect(Object.keys(options).sort()).toEqual(Object.keys(defaults).sort())
    for (const [name, { default: given }] of Object.entries(options)) {
      if (given !== undefined) expect([name, given]).toEqual([name, defaults[name]])
    }
  })
})

/** A block is a frame, not a task. */
function flatten(list: readonly Task[]): readonly Task[] {
  return list.flatMap(task => {
    const parts = ['block', 'rescue', 'always'].flatMap(part => (task[part] ?? []) as readonly Task[])
    return parts.length > 0 ? flatten(parts) : [task]
  })
}

function read(path: string): unknown {
  const file = projectFiles().find(candidate => candidate.path === path)
  return load(file?.text ?? '')
}
