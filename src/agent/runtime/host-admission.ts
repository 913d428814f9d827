import type { AgentPaths } from '../host/agent-paths.ts'
import type { Host } from '../host/load-host.ts'
import { GuessLimiter } from '../password/guess-limiter.ts'
import { PasswordKeeper } from '../password/password-keeper.ts'
import type { Admission } from '../transport/admission.ts'
import { CertifiedAdmission } from '../transport/certified-admission.ts'
import { OpenAdmission } from '../transport/open-admission.ts'

/** How a host is told from strangers, for `weave status`. */
export type AdmissionState =
  | { readonly kind: 'certificates' }
  | { readonly kind: 'password'; readonly valid: number }
  | { readonly kind: 'anybody' }

/** The admission that a host's files ask for, and what can be changed about it while the router runs. */
export class HostAdmission {
  readonly passwords: PasswordKeeper | undefined
  readonly #limiter: GuessLimiter
  readonly #answerLimiter: GuessLimiter
  #admission: Admission

  constructor(host: Host, paths: AgentPaths, clock: () => number) {
    this.passwords = host.kind === 'open' ? new PasswordKeeper(paths.password) : undefined
    this.#limiter = new GuessLimiter(clock)
    this.#answerLimiter = new GuessLimiter(clock)
    this.#admission = this.#create(host)
  }

  get current(): Admission {
    return this.#admission
  }

  get state(): AdmissionState {
    if (this.passwords === undefined) return { kind: 'certificates' }
    return this.passwords.count === 0 ? { kind: 'anybody' } : { kind: 'password', valid: this.passwords.count }
  }

  /** Takes up what the host's files say. */
  renew(host: Host): void {
    this.passwords?.reload()
    this.#admission = this.#create(host)
  }

  passwordsChanged(): void {
    for (const limiter of [this.#limiter, this.#answerLimiter]) limiter.forgetAcquaintances()
  }

  #create(host: Host): Admission {
    if (host.kind === 'certified') return new CertifiedAdmission(host.credentials)
    const secrets = () => this.passwords?.secrets ?? []
    const [limiter, answerLimiter] = [this.#limiter, this.#answerLimiter]
    return new OpenAdmission({ identity: host.identity, secrets, limiter, answerLimiter })
  }
}
