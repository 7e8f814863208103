import { significant, tokensText } from "./format.ts"
import { nonDecreasing } from "./isotonic.ts"
import type { Cell, OverheadAt } from "./law.ts"
import { monotone } from "./monotone.ts"
import { type Estimate, isEstimate, notIdentified, type Result, unavailable } from "./result.ts"
import { rootOf } from "./root.ts"
import { requirePositive } from "./validate.ts"

/** Best loss of one batch at its measured horizons, in ascending order of tokens. */
export interface LossCurve {
  readonly batch: number
  readonly tokens: ReadonlyArray<number>
  readonly loss: ReadonlyArray<number>
}

/**
 * Loss at the best rate: at the minimum of the profile, else the lowest measured one. A cell of fewer than three sound rates was not tuned,
 * and its loss says nothing about its batch.
 */
const bestLoss = (cell: Cell): number | undefined => {
  if (isEstimate(cell.loss)) return cell.loss.value
  const untuned = cell.loss.reason === "too-few-points" || cell.loss.reason === "not-measured"
  return untuned ? undefined : cell.best?.loss
}

/** One curve per batch, ascending, from the measured cells of one slice. */
export const lossCurves = (cells: ReadonlyArray<Cell>): ReadonlyArray<LossCurve> => {
  const byBatch = new Map<number, Array<readonly [number, number]>>()
  for (const cell of cells) {
    const loss = bestLoss(cell)
    if (loss === undefined) continue
    const curve = byBatch.get(cell.batch)
    if (curve === undefined) byBatch.set(cell.batch, [[cell.tokens, loss]])
    else curve.push([cell.tokens, loss])
  }
  return [...byBatch.entries()]
    .sort(([a], [b]) => a - b)
    .map(([batch, points]) => {
      points.sort(([a], [b]) => a - b)
      return { batch, tokens: points.map(([t]) => t), loss: points.map(([, loss]) => loss) }
    })
}

/** A curve made monotone. */
interface Descent {
  readonly curve: LossCurve
  /** Minus the loss at the measured horizons, non-decreasing. */
  readonly down: ReadonlyArray<number>
  readonly lnTokens: ReadonlyArray<number>
  /** Minus the loss at ln tokens. */
  readonly at: (lnTokens: number) => number
}

const descentOf = (curve: LossCurve): Descent => {
  const down = nonDecreasing(curve.loss.map((loss) => -loss))
  const lnTokens = curve.tokens.map((t) => Math.log(t))
  return { curve, down, lnTokens, at: monotone(lnTokens, down) }
}

/** Where a curve first reaches a loss: tokens, or on which side of the measured range. */
const tokensTo = ({ curve, down, lnTokens, at }: Descent, target: number): number | "before" | "after" => {
  const goal = -target
  if (down[0] > goal) return "before"
  const k = down.findIndex((value) => value >= goal)
  if (k < 0) return "after"
  if (k === 0 || down[k] === goal) return curve.tokens[k]
  return Math.exp(rootOf((x) => at(x) - goal, lnTokens[k - 1], lnTokens[k]))
}

/**
 * Data needed by each batch for the loss that the smallest measured batch has at each horizon, each at its best rate, and
 * the batch at which `overhead` more is needed: the definition of Zhang et al. 2024 (arXiv 2410.21676), with the
 * smallest batch as the reference, and read off the curves instead of a fitted hyperbola.
 *
 * Loss is interpolated monotonely in ln tokens. Data ratios are made non-decreasing in the batch and interpolated
 * linearly in B: data B S(B) = b + a B are a straight line in B where S = a + b/B holds. The reference must itself lie well
 * below the result, or its own overhead hides in it: a note says so, and above 200 % nothing is identified.
 *
 * @param curves as from `lossCurves`: ascending batches, tokens, nats
 * @throws InvalidOptionError for an overhead that is not positive
 */
export const overheads = (
  curves: ReadonlyArray<LossCurve>,
  options: { readonly overhead?: number } = {},
): ReadonlyArray<OverheadAt> => {
  const overhead = options.overhead ?? 0.2
  requirePositive("overhead", overhead)
  const reference = curves[0]
  if (reference === undefined) return []
  const descents = curves.map(descentOf)
  return reference.tokens.map((tokens, k): OverheadAt => {
    const targetLoss = reference.loss[k]
    const needed = descents.map((descent) => (descent.curve === reference ? tokens : tokensTo(descent, targetLoss)))
    const points = curves.map((curve, i) => {
      const t = needed[i]
      return typeof t === "number"
        ? { batch: curve.batch, tokens: t, ratio: t / tokens }
        : { batch: curve.batch, tokens: undefined, ratio: undefined }
    })
    return {
      tokens,
      targetLoss,
      referenceBatch: reference.batch,
      overhead,
      points,
      batch: crossing(curves, needed, tokens, overhead),
    }
  })
}

/**
 * The balance batch E_min/S_min = b/a that an overhead batch implies where S = a + b/B holds: (B - (1 + o) B_ref)/o, tokens. It does not
 * depend on the reference, whose own overhead keeps the overhead batch from falling below (1 + o) B_ref however small the
 * critical batch is, and so flattens its growth. McCandlish et al. 2018 (arXiv 1812.06162), Eq. 2.11.
 */
export const balanceOf = ({ batch, overhead, referenceBatch }: OverheadAt): Result => {
  const floor = (1 + overhead) * referenceBatch
  if (!isEstimate(batch))
    return batch.bound === undefined ? batch : notIdentified(batch.reason, batch.message, batch.points)
  const at = (b: number) => Math.max(0, (b - floor) / overhead)
  const { interval, standardError } = batch
  return {
    ...batch,
    value: at(batch.value),
    standardError:
      typeof standardError === "number" ? (standardError * batch.value) / (batch.value - floor) : standardError,
    interval: interval === undefined ? undefined : { ...interval, low: at(interval.low), high: at(interval.high) },
    notes: [],
  }
}

/** The overhead batch that a balance batch implies: the inverse of `balanceOf`. */
export const fromBalance = (
  balance: Result,
  { overhead, referenceBatch }: Pick<OverheadAt, "overhead" | "referenceBatch">,
): Result => {
  if (!isEstimate(balance)) return balance
  const at = (q: number) => (1 + overhead) * referenceBatch + overhead * q
  const { interval, standardError, value } = balance
  return {
    ...balance,
    value: at(value),
    standardError: typeof standardError === "number" ? (standardError * overhead * value) / at(value) : standardError,
    interval: interval === undefined ? undefined : { ...interval, low: at(interval.low), high: at(interval.high) },
  }
}

const crossing = (
  curves: ReadonlyArray<LossCurve>,
  needed: ReadonlyArray<number | "before" | "after">,
  tokens: number,
  overhead: number,
): Result => {
  const percent = `${significant(100 * overhead)} %`
  const n = needed.filter((t) => typeof t === "number").length
  const reference = curves[0].batch
  const known = curves.flatMap((curve, i) => {
    const t = needed[i]
    return typeof t === "number" ? [{ batch: curve.batch, ratio: t / tokens }] : []
  })
  // The reference's ratio is one by definition, so it does not give way.
  const ratios = nonDecreasing(
    known.map((p) => p.ratio),
    known.map((_, i) => (i === 0 ? 1e9 : 1)),
  )
  const goal = 1 + overhead
  const cross = ratios.findIndex((ratio) => ratio >= goal)
  // A batch that misses the target within its horizons needs at least this much, which may already be too much.
  const excluded = curves.findIndex((curve, i) => {
    const last = curve.tokens[curve.tokens.length - 1]
    return needed[i] === "after" && last / tokens >= goal
  })
  if (curves.length < 2)
    return notIdentified(
      "too-few-batches",
      `Only batch ${tokensText(reference)} is measured: the data needed by others is unknown; measure larger batches.`,
      n,
    )
  if (cross < 0 || (excluded >= 0 && curves[excluded].batch < known[cross].batch)) {
    const below = known[(cross < 0 ? known.length : cross) - 1].batch
    const upper = excluded >= 0 ? { upper: curves[excluded].batch } : {}
    const unreached = needed.some((t) => t === "after")
    return notIdentified(
      "not-reached",
      unreached
        ? `Batches above ${tokensText(below)} do not reach the loss that batch ${tokensText(reference)} has at ${tokensText(tokens)} tokens: train them longer.`
        : `No batch up to ${tokensText(below)} needs ${percent} more data than ${tokensText(reference)} at ${tokensText(tokens)} tokens: measure larger batches.`,
      n,
      { lower: below, ...upper },
    )
  }
  const share = (goal - ratios[cross - 1]) / (ratios[cross] - ratios[cross - 1])
  const value = known[cross - 1].batch * (1 - share) + known[cross].batch * share
  // S = a + b/B through this result gives b/a; the reference's own overhead is reference / (b/a).
  const balance = (value - goal * reference) / overhead
  if (balance < reference / 2)
    return notIdentified(
      "reference-too-large",
      `Already the batch after the reference ${tokensText(reference)} needs far more than ${percent} more data at ${tokensText(tokens)} tokens: measure smaller batches.`,
      n,
      { upper: known[cross].batch },
    )
  const notes =
    balance < reference / overhead
      ? [
          `The reference ${tokensText(reference)} is itself not small: its own overhead, about ${significant((100 * reference) / balance, 2)} %, hides in these batches and flattens their growth; measure smaller batches.`,
        ]
      : []
  const estimate: Estimate = {
    _tag: "Estimate",
    value,
    scale: "log",
    standardError: unavailable("Read off the curves; its doubt comes from resampling in fitLaw."),
    interval: undefined,
    n,
    notes,
  }
  return estimate
}
