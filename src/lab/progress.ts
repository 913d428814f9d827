/** What a lab tells while it works. A `detail` replaces the one before it; a `step` stays. */
export interface LabProgress {
  readonly kind: 'step' | 'detail' | 'warning'
  readonly text: string
}

export type OnProgress = (progress: LabProgress) => void
