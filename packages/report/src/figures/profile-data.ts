import { type Cell, type Estimate, isEstimate, profileLoss } from "@ts/fit"
import { reasonWord } from "../format/result.ts"

/** One mark of the grid of profiles: `x` log2 eta, `y` nats above the lowest measured loss of its cell. */
export interface ProfileMark {
  readonly batch: number
  readonly tokens: number
  readonly x: number
  readonly y: number
}

/** The excess loss at which panels end: somewhat more than the fitted windows span, so that the minima can be seen. */
export const ceiling = (cells: ReadonlyArray<Cell>): number => {
  const spans = cells
    .flatMap((cell) => {
      const { best } = cell
      if (best === undefined || !isEstimate(cell.eta)) return []
      return [cell.points.reduce((most, p) => (p.use === "window" ? Math.max(most, p.loss - best.loss) : most), 0)]
    })
    .sort((a, b) => a - b)
  const typical = spans.length > 0 ? spans[spans.length >> 1] : 0.05
  return niceAbove(Math.min(1, Math.max(1e-4, 1.6 * typical)))
}

/** The next of 1, 2, 4, 5, 6, 8 times a power of ten: halves of it are short numbers too. */
const niceAbove = (x: number): number => {
  const unit = 10 ** Math.floor(Math.log10(x))
  return Number((([1, 2, 4, 5, 6, 8].find((k) => k * unit >= x * 0.999) ?? 10) * unit).toPrecision(2))
}

export interface ProfileMarks {
  readonly fitted: ReadonlyArray<ProfileMark>
  readonly other: ReadonlyArray<ProfileMark>
  /** Finite losses above the ceiling, drawn at it. */
  readonly above: ReadonlyArray<ProfileMark>
  readonly diverged: ReadonlyArray<ProfileMark>
  readonly curve: ReadonlyArray<ProfileMark>
  readonly minimum: ReadonlyArray<ProfileMark & { readonly low: number; readonly high: number }>
  /** The lowest loss of the cell, or why it has no optimum. */
  readonly label: ReadonlyArray<ProfileMark & { readonly text: string }>
}

export const profileMarks = (cells: ReadonlyArray<Cell>, top: number): ProfileMarks => {
  const marks = {
    fitted: [] as Array<ProfileMark>,
    other: [] as Array<ProfileMark>,
    above: [] as Array<ProfileMark>,
    diverged: [] as Array<ProfileMark>,
    curve: [] as Array<ProfileMark>,
    minimum: [] as Array<ProfileMark & { low: number; high: number }>,
    label: [] as Array<ProfileMark & { text: string }>,
  }
  for (const cell of cells) {
    const { batch, tokens, best, parabola, eta } = cell
    for (const p of cell.points) {
      const x = Math.log2(p.eta)
      const y = best === undefined ? Number.NaN : p.loss - best.loss
      if (p.use === "diverged") marks.diverged.push({ batch, tokens, x, y: top })
      else if (!Number.isFinite(y)) continue
      else if (y > top) marks.above.push({ batch, tokens, x, y: top })
      else if (p.use === "window" && isEstimate(eta)) marks.fitted.push({ batch, tokens, x, y })
      else marks.other.push({ batch, tokens, x, y })
    }
    if (best === undefined) marks.label.push({ batch, tokens, x: 0, y: top, text: "all diverged" })
    else
      marks.label.push({
        batch,
        tokens,
        x: 0,
        y: top,
        text: isEstimate(eta) ? best.loss.toFixed(3) : reasonWord[eta.reason],
      })
    if (best === undefined || parabola === undefined || !isEstimate(eta)) continue
    marks.minimum.push({
      batch,
      tokens,
      x: Math.log2(eta.value),
      y: parabola.minimum - best.loss,
      ...endsOf(eta),
    })
    for (let i = 0; i <= curvePieces; i++) {
      const x = Math.log(parabola.from) + (i / curvePieces) * Math.log(parabola.to / parabola.from)
      const y = profileLoss(parabola, x) - best.loss
      if (y <= top) marks.curve.push({ batch, tokens, x: x / Math.LN2, y })
    }
  }
  return marks
}

const curvePieces = 24

/** Ends of the interval, log2; left out on a side that is open. */
const endsOf = (eta: Estimate): { readonly low: number; readonly high: number } => {
  const { value, interval } = eta
  return {
    low: Math.log2(interval !== undefined && interval.low > 0 ? interval.low : value),
    high: Math.log2(interval !== undefined && Number.isFinite(interval.high) ? interval.high : value),
  }
}
