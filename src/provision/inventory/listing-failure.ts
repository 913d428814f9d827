import type { Problem } from '../../base/user-error.ts'

const SHOWN_MAX = 240

/** Finds the one useful sentence in what Ansible says when it cannot read an inventory. */
export function causeOfFailure(path: string, stderr: string): Problem {
  const text = stderr.replace(/\s+/g, ' ')
  const source = /Completely failed to parse inventory source (\S+)/.exec(text)?.[1] ?? path
  const syntax =
    /Syntax Error while loading YAML\. (.+?) The error appears to be in '([^']+)': line (\d+), column (\d+)/
  const [, what, file, line, column] = syntax.exec(text) ?? []
  if (what !== undefined) {
    const cause = `the inventory ${file}, line ${line}, column ${column}, is not YAML: ${what.trim()}`
    return { cause, remedy: 'correct the file; ansible-inventory --list shows what Ansible reads' }
  }
  const plugin = /specifies unknown plugin '([^']+)'/.exec(text)?.[1]
  if (plugin !== undefined) {
    const cause = `the inventory ${source} needs the plugin ${plugin}, which is not installed`
    return { cause, remedy: `install its collection: ansible-galaxy collection install ${collectionOf(plugin)}` }
  }
  if (text.includes('no vault secrets found') || text.includes('Decryption failed')) {
    const cause = `the inventory ${source} holds vaulted values that cannot be decrypted`
    return { cause, remedy: 'give their password with --vault-password-file or in ansible.cfg' }
  }
  const shown = mostTelling(text)
  const remedy = `run ansible-inventory -i ${path} --list to see all that Ansible says`
  return { cause: `Ansible cannot read the inventory ${source}: ${shown}`, remedy }
}

function collectionOf(plugin: string): string {
  return plugin.split('.').slice(0, 2).join('.')
}

/** Each plugin says why it failed; the one for YAML and the one for INI know most. */
function mostTelling(text: string): string {
  const reports = [...text.matchAll(/\* Failed to parse \S+ with (\w+) plugin: (.+?)(?= \[WARNING\]|ERROR!|$)/g)]
  const reportOf = (plugin: string) => reports.find(report => report[1] === plugin)?.[2]
  const error = /ERROR! (.+)$/.exec(text)?.[1]
  const found = reportOf('yaml') ?? reportOf('ini') ?? reports.at(-1)?.[2] ?? error ?? text
  return found.trim().slice(0, SHOWN_MAX)
}
