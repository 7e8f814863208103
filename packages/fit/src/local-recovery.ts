import { significant, tokensText } from "./format.ts"
import { notIdentified, type Result, unavailable } from "./result.ts"
import { type BranchLoss, smoothedLosses } from "./smoothed-losses.ts"
import { normalQuantile } from "./student.ts"
import { requireFraction, requireOption, requirePositive } from "./validate.ts"

/** Training that went on from the common checkpoint with a batch of its own. Branches of equal `factor` are repeats. */
export interface RecoveryBranch {
  /** k: batch of the branch over the batch B of the checkpoint. One branch at least has k = 1. */
  readonly factor: number
  /** Losses (nats; not finite where diverged) in ascending order of tokens since the checkpoint. */
  readonly readings: ReadonlyArray<{ readonly tokens: number; readonly loss: number }>
}

export interface LocalRecoveryOptions {
  /** B of the checkpoint, tokens. */
  readonly batch: number
  /** Delta: tokens since the checkpoint within which a branch must recover. 2e9 in the paper. */
  readonly within: number
  /** Nats. Default 0.01, as in the paper. */
  readonly tolerance?: number
  /** Weight of the newest reading in the exponential average, above 0 and up to 1 (none). Default 0.5, as in the paper. */
  readonly smoothing?: number
  /** Standard deviation of one reading between branches that differ in nothing but chance, nats. */
  readonly noise?: number
  /** Part of that variance shared by all readings of a branch, 0 to 1. Default 0.5. */
  readonly sharedNoise?: number
  /** How sure a verdict must be to count as told, two-sided. Default 0.9. */
  readonly level?: number
}

/** One batch, judged against all smaller ones. */
export interface RecoveryVerdict {
  readonly factor: number
  /** Tokens. */
  readonly batch: number
  /** Smoothed loss at Delta, nats; Infinity where diverged. */
  readonly loss: number
  /** Loss above the lowest of the smaller batches, nats; 0 for the smallest. */
  readonly excess: number
  /** By the losses as they are: whether `excess` is within the tolerance. */
  readonly recovers: boolean
  /** Whether the noise leaves that certain; absent without a noise. */
  readonly told?: boolean
}

export interface LocalRecovery {
  /** k* B, tokens. */
  readonly batch: Result
  /**
   * The steps of the grid between which the critical batch lies, tokens: from the largest batch that recovers to the next one measured;
   * with a noise, from the largest that surely recovers to the one after the largest that does not surely fail. 0 and Infinity where
   * the grid ends. Absent where nothing could be compared.
   */
  readonly range: readonly [low: number, high: number] | undefined
  /** Ascending in the factor. */
  readonly branches: ReadonlyArray<RecoveryVerdict>
}

/**
 * The critical batch of local recovery of one checkpoint: k* B with k* the largest k whose smoothed loss L_k, Delta tokens after the
 * checkpoint, is at most L_j + tolerance for all smaller j. Merrill et al. 2025 (arXiv 2505.23971), section 3.1.
 *
 * Branch k trains with batch k B at the rate sqrt(k) eta (Adam) or k eta (SGD), on the same data positions and read at the same tokens.
 *
 * It is none of the other critical batches of this package: local in time (one checkpoint, Delta tokens), not over a run from
 * scratch (`overheads`, `stepsToTarget`); a tolerance in nats, not 20 % more data; rates by a rule, not tuned for each batch; it knows
 * neither eta*(B) (`bell`) nor gradients (`noiseScale`). That a recovered branch stays recovered is the paper's assumption, not a result.
 *
 * k* is a step of the measured grid and carries no probability; `range` says between which steps. With `noise`, a verdict is told
 * where the difference clears the tolerance by its standard error times the normal quantile, for a failure shared out over the
 * smaller batches (Bonferroni).
 *
 * @throws InvalidOptionError for options or readings out of their domain
 */
export const localRecovery = (
  branches: ReadonlyArray<RecoveryBranch>,
  options: LocalRecoveryOptions,
): LocalRecovery => {
  const { batch, within, tolerance = 0.01, level = 0.9, noise } = options
  requirePositive("batch", batch)
  requirePositive("within", within)
  requireOption("tolerance", tolerance, tolerance >= 0, "a finite number, zero or above")
  requireFraction("level", level)
  const { losses, unread } = smoothedLosses(branches, options)
  const n = losses.length
  const none = (why: Result): LocalRecovery => ({ batch: why, range: undefined, branches: [] })
  if (branches.length === 0)
    return none(notIdentified("no-data", "No branches: train from one checkpoint with batches B, 2 B, 4 B …", 0))
  const base = losses.find((branch) => branch.factor === 1)
  if (base === undefined)
    return none(
      notIdentified(
        "not-measured",
        `No branch with factor 1 was read ${tokensText(within)} tokens after the checkpoint: go on with its own batch as well.`,
        n,
      ),
    )
  if (base.loss === Infinity)
    return none(notIdentified("not-measured", "The branch with the checkpoint's own batch diverged.", n))
  if (n < 2)
    return none(
      notIdentified(
        "too-few-batches",
        "Only one batch was read at the end of the window: branch with larger batches.",
        n,
      ),
    )
  const judged = losses.map((branch, i) => judge(branch, losses.slice(0, i), options))
  const verdicts = judged.map(
    ({ surelyFails, surelyRecovers, ...v }): RecoveryVerdict =>
      noise === undefined ? v : { ...v, told: surelyFails || surelyRecovers },
  )
  const last = (test: (j: (typeof judged)[number]) => boolean) => judged.findLastIndex(test)
  const best = last((j) => j.recovers)
  /** The smallest batch that did not diverge: nothing smaller to compare it with. */
  const first = losses.findIndex((branch) => branch.loss < Infinity)
  const sure = noise === undefined ? best : last((j) => j.surelyRecovers)
  const open = noise === undefined ? best : last((j) => !j.surelyFails)
  const tokens = (i: number) => judged[i].batch
  const range = [sure === first ? 0 : tokens(sure), open === n - 1 ? Infinity : tokens(open + 1)] as const
  const list = (which: ReadonlyArray<RecoveryVerdict>) => which.map((v) => v.factor).join(", ")
  const notes = [
    ...(unread.length > 0 ? [`Not read at the end of the window, so left out: k = ${unread.join(", ")}.`] : []),
    ...(verdicts.slice(0, best).some((v) => !v.recovers)
      ? [
          `k = ${list(verdicts.slice(0, best).filter((v) => !v.recovers))} fails though the larger k = ${judged[best].factor} recovers.`,
        ]
      : []),
    ...(verdicts.some((v) => v.told === false)
      ? [
          `The noise leaves open whether k = ${list(verdicts.filter((v) => v.told === false))} recovers: repeat those branches with other seeds.`,
        ]
      : []),
  ]
  const result = (): Result => {
    if (noise !== undefined && judged.slice(first + 1).every((j) => !j.surelyFails && !j.surelyRecovers))
      return notIdentified(
        "ill-conditioned",
        `A noise of ${significant(noise, 2)} nats hides a tolerance of ${significant(tolerance, 2)}: no batch surely recovers or fails; repeat branches with other seeds.`,
        n,
      )
    if (best === first)
      return notIdentified(
        "reference-too-large",
        `No batch above ${tokensText(tokens(first))} recovers within ${tokensText(within)} tokens: measure batches in between and below.`,
        n,
        range[1] === Infinity ? undefined : { upper: range[1] },
      )
    if (best === n - 1)
      return notIdentified(
        "not-reached",
        `The largest batch, ${tokensText(tokens(best))}, still recovers within ${tokensText(within)} tokens: branch with larger batches.`,
        n,
        range[0] === 0 ? undefined : { lower: range[0] },
      )
    return {
      _tag: "Estimate",
      value: tokens(best),
      scale: "log",
      standardError: unavailable("A step of the measured grid has no standard error: see its range."),
      interval: undefined,
      n,
      notes,
    }
  }
  return { batch: result(), range, branches: verdicts }
}

const judge = (
  branch: BranchLoss,
  smaller: ReadonlyArray<BranchLoss>,
  { batch, tolerance = 0.01, level = 0.9 }: LocalRecoveryOptions,
) => {
  const once = normalQuantile(0.5 + level / 2)
  const shared = normalQuantile(1 - (1 - level) / 2 / Math.max(1, smaller.length))
  const rivals = smaller.filter((s) => s.loss < Infinity)
  const over = (s: BranchLoss) => branch.loss - s.loss - tolerance
  const error = (s: BranchLoss) => Math.sqrt(branch.variance + s.variance)
  const excess = rivals.reduce((most, s) => Math.max(most, branch.loss - s.loss), rivals.length === 0 ? 0 : -Infinity)
  return {
    factor: branch.factor,
    batch: branch.factor * batch,
    loss: branch.loss,
    excess,
    recovers: branch.loss < Infinity && excess <= tolerance,
    surelyRecovers: branch.loss < Infinity && rivals.every((s) => over(s) < -once * error(s)),
    surelyFails: branch.loss === Infinity || rivals.some((s) => over(s) > shared * error(s)),
  }
}
