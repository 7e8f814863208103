import type { LocalRecoveryOptions, RecoveryBranch } from "./local-recovery.ts"
import { InvalidOptionError, requirePositive } from "./validate.ts"

/** Smoothed loss of one batch at the end of the window; Infinity where diverged. */
export interface BranchLoss {
  readonly factor: number
  readonly loss: number
  /** Of `loss`, from the noise given; 0 without one. */
  readonly variance: number
}

/**
 * Exponential average s_i = a x_i + (1 - a) s_(i-1) from s_1 = x_1, over the readings of each branch up to the step that ends the
 * window; repeats of a factor are averaged. A branch counts as read where its last reading lies within one of its own steps of the end.
 */
export const smoothedLosses = (
  branches: ReadonlyArray<RecoveryBranch>,
  { batch, within, smoothing = 0.5, noise = 0, sharedNoise = 0.5 }: LocalRecoveryOptions,
): { readonly losses: ReadonlyArray<BranchLoss>; readonly unread: ReadonlyArray<number> } => {
  if (!(smoothing > 0 && smoothing <= 1)) throw new InvalidOptionError("smoothing", smoothing, "above 0 and at most 1")
  if (!(noise >= 0 && noise < Infinity)) throw new InvalidOptionError("noise", noise, "a finite number, zero or above")
  if (!(sharedNoise >= 0 && sharedNoise <= 1))
    throw new InvalidOptionError("sharedNoise", sharedNoise, "between 0 and 1")
  const byFactor = new Map<number, Array<{ loss: number; variance: number }>>()
  const unread = new Set<number>()
  branches.forEach(({ factor, readings }, i) => {
    requirePositive(`branches[${i}].factor`, factor)
    readings.forEach(({ tokens }, j) => {
      requirePositive(`branches[${i}].readings[${j}].tokens`, tokens)
      if (j > 0 && tokens <= readings[j - 1].tokens)
        throw new InvalidOptionError(`branches[${i}].readings[${j}].tokens`, tokens, "above the reading before")
    })
    const step = factor * batch
    const inside = readings.filter(({ tokens }) => tokens < within + step)
    const diverged = inside.some(({ loss }) => !Number.isFinite(loss))
    const end = inside[inside.length - 1]
    if (end === undefined || (!diverged && end.tokens <= within - step)) {
      unread.add(factor)
      return
    }
    let loss = inside[0].loss
    let squares = 1
    for (const { loss: x } of inside.slice(1)) {
      loss = smoothing * x + (1 - smoothing) * loss
      squares = smoothing ** 2 + (1 - smoothing) ** 2 * squares
    }
    const entry = {
      loss: diverged ? Infinity : loss,
      variance: noise ** 2 * (sharedNoise + (1 - sharedNoise) * squares),
    }
    const repeats = byFactor.get(factor)
    if (repeats === undefined) byFactor.set(factor, [entry])
    else repeats.push(entry)
  })
  const losses = [...byFactor.entries()]
    .sort(([a], [b]) => a - b)
    .map(([factor, repeats]) => ({
      factor,
      loss: repeats.reduce((sum, r) => sum + r.loss, 0) / repeats.length,
      variance: repeats.reduce((sum, r) => sum + r.variance, 0) / repeats.length ** 2,
    }))
  return { losses, unread: [...unread].filter((factor) => !byFactor.has(factor)).sort((a, b) => a - b) }
}
