/**
 * When a run counts as diverged. A function of the training losses and gradient norms alone, in step order, so it does
 * not depend on lanes, micro-batches, chunks or interruptions:
 *
 * - a loss or a gradient norm is not finite; or
 * - from the 20th step on, the running mean of the training loss (exponential, 0.95 a step, bias-corrected: about the
 *   last 20 steps) lies more than 2 nats above the level the run started from: the larger of ln V, the loss of a
 *   uniform guess, and the loss of its first step.
 *
 * A run that ends no better than it began is no divergence here: that is for the analysis to say.
 */
const DECAY = 0.95
const FIRST_STEP = 20
const MARGIN_NATS = 2

/** What must be kept in a checkpoint. */
export interface DivergenceState {
  readonly steps: number
  /** Loss of the first step, nats. */
  readonly first: number
  /** Running mean of the loss before bias correction. */
  readonly mean: number
}

export const notDiverged: DivergenceState = { steps: 0, first: 0, mean: 0 }

/** The state after one more step, and why the run has diverged, if it has. */
export const observe = (
  state: DivergenceState,
  step: { readonly loss: number; readonly norm: number; readonly vocabulary: number },
): { readonly state: DivergenceState; readonly reason?: string } => {
  if (!Number.isFinite(step.loss)) return { state, reason: `the training loss is ${step.loss}` }
  if (!Number.isFinite(step.norm)) return { state, reason: `the gradient norm is ${step.norm}` }
  const next: DivergenceState = {
    steps: state.steps + 1,
    first: state.steps === 0 ? step.loss : state.first,
    mean: DECAY * state.mean + (1 - DECAY) * step.loss,
  }
  const level = Math.max(Math.log(step.vocabulary), next.first)
  const mean = next.mean / (1 - DECAY ** next.steps)
  if (next.steps >= FIRST_STEP && mean > level + MARGIN_NATS) {
    return {
      state: next,
      reason: `the training loss averages ${mean.toFixed(2)} nats, more than ${MARGIN_NATS} above its start at ${level.toFixed(2)}`,
    }
  }
  return { state: next }
}

const KEYS = { steps: "divergence.steps", first: "divergence.first", mean: "divergence.mean" } as const

export const toMetadata = (state: DivergenceState): Readonly<Record<string, number>> => ({
  [KEYS.steps]: state.steps,
  [KEYS.first]: state.first,
  [KEYS.mean]: state.mean,
})

export const fromMetadata = (metadata: Readonly<Record<string, number>>): DivergenceState => ({
  steps: metadata[KEYS.steps] ?? 0,
  first: metadata[KEYS.first] ?? 0,
  mean: metadata[KEYS.mean] ?? 0,
})
