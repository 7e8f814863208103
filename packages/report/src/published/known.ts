import { type Cell, type Estimate, isEstimate, type Law, type PublishedInput } from "@ts/fit"
import type { RunPrediction } from "../options.ts"

/** A cell whose optimum is known. */
type Tuned = Cell & { readonly eta: Estimate }

const known = (value: number | undefined): number | undefined => (value !== undefined && value > 0 ? value : undefined)

const octaves = (a: number | undefined, b: number | undefined): number =>
  a === undefined || b === undefined ? 0 : Math.log2(a / b)

/** The tuned cell that is nearest in batch, horizon, width and size; of equally near ones that with the lowest loss. */
const nearestCell = (law: Law, run: PublishedInput): Tuned | undefined => {
  const tuned = law.cells.filter(
    (cell): cell is Tuned => cell.average === law.slice.average && isEstimate(cell.eta) && cell.best !== undefined,
  )
  const away = (cell: Cell): number =>
    Math.hypot(
      octaves(cell.tokens, run.tokens),
      octaves(cell.batch, run.batch),
      octaves(known(cell.width), run.width),
      octaves(known(cell.size), run.size),
    )
  return tuned.reduce<Tuned | undefined>((best, cell) => {
    if (best === undefined) return cell
    const gap = away(cell) - away(best)
    return gap < -1e-9 || (Math.abs(gap) <= 1e-9 && (cell.best?.loss ?? 0) < (best.best?.loss ?? 0)) ? cell : best
  }, undefined)
}

/** The measured peak of eta*(B) at the horizon nearest to the run's. */
const nearestPeak = (law: Law, tokens: number): PublishedInput["peak"] => {
  const peaks = law.bells.flatMap(({ tokens: at, peakBatch, peakEta }) =>
    isEstimate(peakBatch) && isEstimate(peakEta) ? [{ tokens: at, batch: peakBatch.value, eta: peakEta.value }] : [],
  )
  return peaks.sort((a, b) => Math.abs(octaves(a.tokens, tokens)) - Math.abs(octaves(b.tokens, tokens)))[0]
}

/**
 * What a study knows of the run that a prediction is for, as input of published laws: its tokens, model and batch, the rate predicted for it, the
 * nearest measured cell as the reference, the measured peak of eta*(B), and how its height moves with the horizon.
 *
 * @param more known besides, such as `reference.weightDecay`; goes first
 */
export const knownOf = (law: Law, prediction: RunPrediction, more: PublishedInput = {}): PublishedInput => {
  const { tokens, batch, eta } = prediction
  const run: PublishedInput = {
    tokens,
    batch: isEstimate(batch) ? batch.value : undefined,
    eta: isEstimate(eta) ? eta.value : undefined,
    width: known(prediction.width ?? law.slice.width),
    size: known(prediction.size ?? law.slice.size),
  }
  const cell = nearestCell(law, { ...run, ...more })
  const height = law.powerLaws.peakEta.exponent
  // The peaks of a law are those of its own size.
  const own = run.size === known(law.slice.size)
  return {
    ...run,
    ...more,
    reference: {
      ...(cell === undefined
        ? {}
        : {
            eta: cell.eta.value,
            batch: cell.batch,
            tokens: cell.tokens,
            width: known(cell.width),
            size: known(cell.size),
          }),
      ...more.reference,
    },
    peak: { ...(own ? nearestPeak(law, tokens) : {}), ...more.peak },
    coefficients: {
      ...(isEstimate(height) ? { peakEtaExponent: height.value } : {}),
      ...more.coefficients,
    },
  }
}
