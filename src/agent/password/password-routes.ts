import type { Route } from '../http/route.ts'
import { checkPassword } from './password-text.ts'

export interface PasswordControl {
  /** Undefined where certificates are used. */
  readonly passwords: { readonly count: number; change(password: string): void; dropOld(): boolean } | undefined
  /** The valid passwords are others than before. */
  changed(): void
}

/** Rotation of the password while the router runs. */
export function passwordRoutes({ passwords, changed }: PasswordControl): readonly Route[] {
  return [
    {
      method: 'POST',
      path: '/password',
      isForRoot: true,
      answer: async request => {
        if (passwords === undefined)
          return {
            code: 400,
            text: 'this cluster uses certificates, and has no password\n`weave-provision rotate` changes its keys\n',
          }
        const form = await request.form()
        const password = form.get('password')
        if (password !== null) {
          checkPassword(password, 'the password')
          passwords.change(password)
        }
        const hasDropped = form.get('drop-old') === 'true' && passwords.dropOld()
        if (password === null && !hasDropped)
          return {
            code: 400,
            text: 'there is no old password to drop\nthere is one after `weave password --file FILE`\n',
          }
        changed()
        return { code: 200, text: `${describe(passwords.count)}\n`, json: { valid: passwords.count } }
      },
    },
  ]
}

function describe(count: number): string {
  return count === 1 ? 'one password is valid' : 'two passwords are valid: the new one, used to dial, and the old one'
}
