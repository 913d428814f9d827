import { posix } from 'node:path'
import type { ProjectFile } from './project-files.ts'
import { type Finding, importsOf } from './syntax.ts'

/** A part of `src` and what it may import. The first rule whose `holds` matches a path is the path's. */
export interface ModuleRule {
  readonly name: string
  readonly holds: RegExp
  /** Other modules by name; its own files are always allowed. */
  readonly modules: readonly string[]
  /** Parts of Node by name without `node:`, or all of them. */
  readonly node: readonly string[] | 'all'
  readonly packages: readonly string[]
  readonly reason: string
}

const CORE_LEAF = {
  modules: ['base', 'core/wire', 'core/gossip'],
  node: [],
  packages: [],
  reason: 'a machine of the core knows only values and message layouts: core/router alone composes machines',
}

const CORE_FOLDERS = ['wire', 'gossip', 'mesh', 'session', 'forwarding', 'ipam', 'dns'].map(name => `core/${name}`)

/** Who may import whom. Change it in a commit of its own, with the reason. */
export const MODULE_RULES: readonly ModuleRule[] = [
  {
    name: 'base',
    holds: /^src\/base\//,
    modules: [],
    node: [],
    packages: [],
    reason: 'base holds values that both halves use, and must run anywhere',
  },
  {
    name: 'contract',
    holds: /^src\/contract\//,
    modules: ['base'],
    node: [],
    packages: [],
    reason: 'contract is what one half writes and the other reads: it must drag neither half in',
  },
  {
    name: 'core/wire',
    holds: /^src\/core\/wire\//,
    modules: ['base'],
    node: [],
    packages: [],
    reason: 'message layouts know values only',
  },
  {
    name: 'core/gossip',
    holds: /^src\/core\/gossip\//,
    modules: ['base', 'core/wire'],
    node: [],
    packages: [],
    reason: 'gossip merges records and knows nothing of what they mean',
  },
  { name: 'core/mesh', holds: /^src\/core\/mesh\//, ...CORE_LEAF },
  { name: 'core/session', holds: /^src\/core\/session\//, ...CORE_LEAF, node: ['crypto'] },
  { name: 'core/forwarding', holds: /^src\/core\/forwarding\//, ...CORE_LEAF },
  { name: 'core/ipam', holds: /^src\/core\/ipam\//, ...CORE_LEAF },
  { name: 'core/dns', holds: /^src\/core\/dns\//, ...CORE_LEAF },
  {
    name: 'core/router',
    holds: /^src\/core\/router\//,
    modules: [...CORE_FOLDERS, 'base', 'contract'],
    node: [],
    packages: [],
    reason: 'the router composes the machines and does no I/O: that is the agent’s part',
  },
  {
    name: 'agent',
    holds: /^src\/agent\//,
    modules: ['core/router', 'contract', 'base'],
    node: 'all',
    packages: ['dns-packet', 'koffi', '@noble/curves'],
    reason: 'the shell sees the core through core/router only, and nothing of the provisioner',
  },
  {
    name: 'provision/plan',
    holds: /^src\/provision\/plan\//,
    modules: ['base', 'contract'],
    node: [],
    packages: [],
    reason: 'the plan is decided from values: no file, no network, no clock',
  },
  {
    name: 'provision/render',
    holds: /^src\/provision\/render\//,
    modules: ['base', 'contract', 'provision/plan'],
    node: [],
    packages: ['handlebars'],
    reason: 'rendering turns a plan into texts: no file, no network, no clock',
  },
  {
    name: 'provision/commands',
    holds: /^src\/provision\/commands\//,
    modules: ['base', 'contract', 'provision/plan'],
    node: [],
    packages: [],
    reason: 'a command is an argv value: what runs it is elsewhere',
  },
  {
    name: 'provision',
    holds: /^src\/provision\//,
    modules: ['base', 'contract', 'provision/plan', 'provision/render', 'provision/commands'],
    node: 'all',
    packages: ['js-yaml', 'execa', '@peculiar/x509', 'reflect-metadata'],
    reason: 'the provisioner meets the agent in contract only, and does not know of the lab',
  },
  {
    name: 'lab',
    holds: /^src\/lab\//,
    modules: ['base', 'contract', 'provision', 'provision/plan', 'provision/commands'],
    node: 'all',
    packages: ['js-yaml', 'execa'],
    reason: 'the lab makes hosts and knows nothing of what is put on them',
  },
  {
    name: 'cli/help',
    holds: /^src\/cli\/help\//,
    modules: ['base'],
    node: [],
    packages: ['commander'],
    reason: 'completion and manual follow from the commands, whichever half they are of',
  },
  {
    name: 'cli/weave-provision',
    holds: /^src\/cli\/(weave-provision|provision|lab|output|project-root)/,
    modules: [
      'base',
      'contract',
      'cli/help',
      'lab',
      'provision',
      'provision/plan',
      'provision/render',
      'provision/commands',
    ],
    node: 'all',
    packages: ['commander', 'picocolors'],
    reason: 'the command of the control machine wires its own half only',
  },
  {
    name: 'cli/weave',
    holds: /^src\/cli\/weave/,
    modules: ['base', 'contract', 'agent', 'cli/help'],
    node: 'all',
    packages: ['commander'],
    reason: 'the command of a host wires its own half only, and is one bundled file',
  },
]

/** All that one file imports and should not. */
export function forbiddenImports(file: ProjectFile, rules: readonly ModuleRule[] = MODULE_RULES): readonly Finding[] {
  const rule = ruleOf(file.path, rules)
  if (rule === undefined)
    return [{ path: file.path, line: 1, what: 'is in no module of the table: say who may use it' }]
  return importsOf(file).flatMap(({ specifier, line }) => {
    const problem = problemOf(file.path, specifier, rule, rules)
    return problem === undefined ? [] : [{ path: file.path, line, what: `${problem}; ${rule.reason}` }]
  })
}

export function ruleOf(path: string, rules: readonly ModuleRule[] = MODULE_RULES): ModuleRule | undefined {
  return rules.find(rule => rule.holds.test(path))
}

/** The package that a specifier names: `@a/b/c` is `@a/b`. */
export function packageOf(specifier: string): string {
  return specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/')
}

function problemOf(
  path: string,
  specifier: string,
  rule: ModuleRule,
  rules: readonly ModuleRule[],
): string | undefined {
  if (specifier.startsWith('.')) return problemOfModule(path, specifier, rule, rules)
  if (specifier.startsWith('node:')) {
    const isAllowed = rule.node === 'all' || rule.node.includes(specifier.slice(5))
    return isAllowed ? undefined : `'${rule.name}' must not import '${specifier}'`
  }
  const isAllowed = rule.packages.includes(packageOf(specifier))
  return isAllowed ? undefined : `'${rule.name}' must not import the package '${packageOf(specifier)}'`
}

function problemOfModule(
  path: string,
  specifier: string,
  rule: ModuleRule,
  rules: readonly ModuleRule[],
): string | undefined {
  const target = posix.normalize(posix.join(posix.dirname(path), specifier))
  if (!specifier.endsWith('.ts') && !specifier.endsWith('.json')) return `'${specifier}' does not end in .ts`
  const owner = ruleOf(target, rules)
  if (owner === undefined) return `'${specifier}' is in no module of the table`
  if (owner.name === rule.name || rule.modules.includes(owner.name)) return undefined
  return `'${rule.name}' must not import '${owner.name}' (${target})`
}
