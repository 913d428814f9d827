import type { Command } from 'commander'
import { askRouter } from '../../agent/http/control-client.ts'
import { EXIT_CODES, UserError } from '../../base/user-error.ts'
import type { CommandContext } from './context.ts'
import { takePasswords } from './password-input.ts'
import { AS_JSON, print } from './report.ts'

interface RotationOptions {
  readonly file?: string
  readonly generate?: boolean
  readonly dropOld?: boolean
  readonly json?: boolean
}

/** Rotation: the new password on every host, then the old one dropped on every host. */
export function registerPasswordCommands(program: Command, context: CommandContext): void {
  program
    .command('password')
    .description('change the password while the router runs; the old one stays valid until it is dropped')
    .option('--file <file>', 'a file with the new one, - for standard input')
    .option('--generate', 'make a strong one, and print it')
    .option('--drop-old', 'from here on only the newest counts; peers that are connected stay')
    .option(...AS_JSON)
    .action((options: RotationOptions) => changePassword(context, options))
}

async function changePassword(context: CommandContext, options: RotationOptions): Promise<void> {
  const body = new URLSearchParams()
  const passwords = takePasswords(sourceOf(options), process.env)
  const [password] = passwords ?? []
  if (password !== undefined) body.set('password', password)
  if (options.dropOld === true) body.set('drop-old', 'true')
  if (body.size === 0) {
    const remedy = 'weave password --file FILE on every host, then weave password --drop-old on every host'
    throw new UserError({ cause: 'nothing to change', remedy }, EXIT_CODES.badInput)
  }
  const path = options.json === true ? '/password?format=json' : '/password'
  const answer = await askRouter(context.paths.controlSocket, { method: 'POST', path, body })
  if (options.generate !== true || options.json === true) print(answer)
}

function sourceOf({ file, generate }: RotationOptions) {
  return {
    ...(file === undefined ? {} : { passwordFile: file }),
    ...(generate === undefined ? {} : { generatePassword: generate }),
  }
}
