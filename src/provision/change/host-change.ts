import { createHash } from 'node:crypto'
import type { Part, RenderedFile, RenderedHost } from '../render/rendered-host.ts'
import type { HostSurvey } from '../survey/survey.ts'
import { type Action, actionsOf } from './actions.ts'
import { greatest, type Need, routerNeed, toNeed } from './effects.ts'

/** All that `up` would do to one host. */
export interface HostChange {
  readonly host: string
  /** Nothing of ours is on it yet. */
  readonly isNew: boolean
  readonly files: readonly FileChange[]
  readonly actions: readonly Action[]
}

export interface FileChange {
  readonly path: string
  readonly kind: 'create' | 'change' | 'mode' | 'remove'
  readonly part: Part | undefined
  readonly isSecret: boolean
  /** SHA-256 in hexadecimal; undefined for no file. */
  readonly before: string | undefined
  readonly after: string | undefined
  readonly texts: { readonly before: string | null; readonly after: string }
}

export interface ReleaseOnOffer {
  readonly digest: string
}

/** Files that others write too: nothing follows from their not being rendered. */
const SHARED = ['/etc/default/docker', '/etc/docker/daemon.json', '/etc/network/interfaces']

export function changeOf(rendered: RenderedHost, survey: HostSurvey, release: ReleaseOnOffer): HostChange {
  const written = rendered.files.flatMap(file => fileChange(file, survey))
  const wanted = new Set([...rendered.files.map(({ path }) => path), ...SHARED])
  const removed = Object.entries(survey.files)
    .filter(([path, { isOurs }]) => isOurs && !wanted.has(path))
    .map(([path, file]) => removal(path, file.digest, file.text))
  const files = [...written, ...removed]
  const needs = { router: routerNeedOf(files, survey, release), docker: dockerNeedOf(files, survey) }
  const actions = actionsOf({ rendered, survey, needs, movesRelease: survey.release !== release.digest })
  return { host: rendered.host, isNew: survey.release === null, files, actions }
}

export function isUnchanged({ files, actions }: HostChange): boolean {
  return files.length === 0 && actions.length === 0
}

/** Paths whose former text is needed to show or judge a change, and is not known yet. */
export function missingTexts({ files }: HostChange): readonly string[] {
  return files
    .filter(({ before, texts, isSecret }) => before !== undefined && texts.before === null && !isSecret)
    .map(({ path }) => path)
}

export function digestOf(text: string): string {
  return createHash('sha256').update(text).digest('hex')
}

function fileChange(file: RenderedFile, survey: HostSurvey): readonly FileChange[] {
  const present = survey.files[file.path]
  const after = digestOf(file.content)
  if (present?.digest === after && present.mode === file.mode) return []
  const kind = present === undefined ? 'create' : present.digest === after ? 'mode' : 'change'
  const { path, part, isSecret, content } = file
  const texts =
    kind === 'mode'
      ? { before: `mode ${present?.mode}\n`, after: `mode ${file.mode}\n` }
      : { before: textBefore(path, survey), after: content }
  return [{ path, kind, part, isSecret, before: present?.digest, after, texts }]
}

/** What the plan is made from was read whole: to ask the host once more would only take time. */
function textBefore(path: string, { files, facts }: HostSurvey): string | null {
  const present = files[path]
  const told = Object.entries(facts.files).find(([of]) => of === path)?.[1] ?? null
  const isWhole = told !== null && digestOf(told) === present?.digest
  return present?.text ?? (isWhole ? told : null)
}

function removal(path: string, before: string, text: string | null): FileChange {
  const isSecret = path.endsWith('.key')
  return {
    path,
    kind: 'remove',
    part: undefined,
    isSecret,
    before,
    after: undefined,
    texts: { before: text, after: '' },
  }
}

function routerNeedOf(files: readonly FileChange[], survey: HostSurvey, release: ReleaseOnOffer): Need {
  const ofFiles = files
    .filter(({ part }) => part === 'bridge' || part === 'router')
    .map(({ path, kind, texts }) => (kind === 'mode' ? 'nothing' : routerNeed(path, texts.before, texts.after)))
  const ofRelease: Need = survey.release === release.digest ? 'nothing' : 'restart'
  return greatest(...ofFiles, ofRelease, toNeed(survey.pending.weave))
}

function dockerNeedOf(files: readonly FileChange[], survey: HostSurvey): Need {
  const ofFiles: Need = files.some(({ part }) => part === 'docker') ? 'restart' : 'nothing'
  return greatest(ofFiles, toNeed(survey.pending.docker))
}
