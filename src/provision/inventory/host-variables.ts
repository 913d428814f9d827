import type { Problem } from '../../base/user-error.ts'
import { isUnresolved } from './unresolved.ts'

/** Each variable with the names that older roles used for it; the first name wins. */
const ALIASES: Readonly<Record<string, readonly string[]>> = {
  weave_group: ['weave_server_group', 'weave_servers'],
  weave_peers: ['weave_launch_peers'],
}

/** Reads one host's variables, and collects what is wrong with them, named by host and variable. */
export class HostVariables {
  readonly host: string
  readonly problems: Problem[] = []
  readonly #values: Readonly<Record<string, unknown>>

  constructor(host: string, values: Readonly<Record<string, unknown>>) {
    this.host = host
    this.#values = values
  }

  text(name: string): string | undefined {
    const value = this.#read(name)
    if (value === undefined) return undefined
    if (typeof value === 'string' || typeof value === 'number') return String(value).trim()
    return this.#refuse(name, 'must be a text')
  }

  integer(name: string, min: number, max: number): number | undefined {
    const value = this.#read(name)
    if (value === undefined) return undefined
    const number = numberOf(value)
    const fits = Number.isInteger(number) && number >= min && number <= max
    return fits ? number : this.#refuse(name, `must be a whole number from ${min} to ${max}`)
  }

  choice<T extends string>(name: string, choices: readonly T[]): T | undefined {
    const value = this.text(name)
    if (value === undefined || value === 'auto') return undefined
    const chosen = choices.find(choice => choice === value)
    return chosen ?? this.#refuse(name, `must be one of auto, ${choices.join(', ')}`)
  }

  /** As YAML and INI inventories say it. */
  flag(name: string): boolean | undefined {
    const value = this.#read(name)
    if (value === undefined || typeof value === 'boolean') return value
    const word = String(value).trim().toLowerCase()
    if (['true', 'yes', 'on'].includes(word)) return true
    return ['false', 'no', 'off'].includes(word) ? false : this.#refuse(name, 'must be true or false')
  }

  /** A list, or words in one text. */
  texts(name: string): readonly string[] | undefined {
    const value = this.#read(name)
    if (value === undefined) return undefined
    if (typeof value === 'string') return value.split(/[\s,]+/).filter(word => word !== '')
    const isTexts = Array.isArray(value) && value.every(item => typeof item === 'string')
    return isTexts ? value : this.#refuse(name, 'must be a list of texts')
  }

  dictionary(name: string): Readonly<Record<string, unknown>> | undefined {
    const value = this.#read(name)
    if (value === undefined) return undefined
    const isDictionary = typeof value === 'object' && value !== null && !Array.isArray(value)
    return isDictionary ? (value as Record<string, unknown>) : this.#refuse(name, 'must be a dictionary')
  }

  /** Whole numbers by name, each as a number or a text; undefined when there are none. */
  integers(name: string, min: number, max: number): Readonly<Record<string, number>> | undefined {
    const entries = Object.entries(this.dictionary(name) ?? {})
    const numbers = entries.map(([key, value]) => [key, numberOf(value)] as const)
    const fits = numbers.every(([, number]) => Number.isInteger(number) && number >= min && number <= max)
    if (!fits) return this.#refuse(name, `must give whole numbers from ${min} to ${max}`)
    return numbers.length === 0 ? undefined : Object.fromEntries(numbers)
  }

  #read(name: string): unknown {
    const found = [name, ...(ALIASES[name] ?? [])].find(alias => isGiven(this.#values[alias]))
    const value = found === undefined ? undefined : this.#values[found]
    if (found === undefined || !isUnresolved(value)) return value
    return this.#refuse(found, 'holds a template or a vaulted value that Ansible has not resolved')
  }

  #refuse(name: string, what: string): undefined {
    const shown = JSON.stringify(this.#values[name])
    const given = shown === undefined || shown.length > 60 ? '' : ` (it is ${shown})`
    this.problems.push({
      cause: `${name} of host '${this.host}' ${what}${given}`,
      remedy: `correct ${name} in the inventory; inventories/example documents each variable`,
    })
    return undefined
  }
}

/** Inventories in INI form give numbers as texts. NaN for what is neither. */
function numberOf(value: unknown): number {
  if (typeof value === 'string' && /^\s*-?\d+\s*$/.test(value)) return Number(value)
  return typeof value === 'number' ? value : Number.NaN
}

function isGiven(value: unknown): boolean {
  return value !== undefined && value !== null && value !== ''
}
