import { significant, tokensText } from "./format.ts"
import { type JointBell, jointBell, jointBellAt } from "./joint-bell.ts"
import type { Cell, Law, Prediction } from "./law.ts"
import { fromBalance } from "./overhead.ts"
import { powerLaw, powerLawAt } from "./power-law.ts"
import { type Estimate, isEstimate, notIdentified, type Result, standardErrorOf, unavailable } from "./result.ts"
import { inSlice } from "./statements.ts"
import { etaSurface, surfaceAt } from "./surface.ts"
import { requirePositive } from "./validate.ts"

/** A batch this many times outside the measured ones is out of reach of the surface. */
const farthestBatch = 4

/**
 * What to use at a horizon. Without `batch`: the loss-optimal batch by its power law, else the overhead batch, its part above the reference
 * following the power law of the balance batch; where neither is identified none is recommended, and the message names the largest measured batch known to be safe. With `batch`, or once
 * it is found: eta from the bell over all horizons where the peaks of three or more are identified, else from the surface
 * of eta* over ln B and ln T near that batch; its interval widens with the extrapolation. The interval of eta holds for the batch as given; it does not contain the doubt of a recommended batch.
 *
 * Regret is the loss expected to be given up by using eta: half the curvature of the nearest profiles times the variance of
 * ln eta. It leaves out what a wrong batch costs.
 *
 * @param target tokens; batch in tokens
 * @throws InvalidOptionError
 */
export const predict = (law: Law, target: { readonly tokens: number; readonly batch?: number }): Prediction => {
  requirePositive("tokens", target.tokens)
  if (target.batch !== undefined) requirePositive("batch", target.batch)
  const cells = law.cells.filter(inSlice(law.slice)).filter((cell) => isEstimate(cell.eta))
  const { batch, method } = batchFor(law, cells, target)
  const head = { tokens: target.tokens, batch, conditions: law.conditions }
  if (!isEstimate(batch)) {
    const why = notIdentified(
      "depends",
      "eta* depends on the batch, and none is recommended: ask for a batch.",
      cells.length,
    )
    return {
      ...head,
      eta: why,
      regret: why,
      extrapolation: {
        tokens: beyond(
          target.tokens,
          cells.map((c) => c.tokens),
        ),
        batch: 1,
      },
      method,
    }
  }
  const extrapolation = {
    tokens: beyond(
      target.tokens,
      cells.map((c) => c.tokens),
    ),
    batch: beyond(
      batch.value,
      cells.map((c) => c.batch),
    ),
  }
  const eta = etaAt(law, cells, { tokens: target.tokens, batch: batch.value }, extrapolation.batch)
  return {
    ...head,
    eta: eta.result,
    regret: regretOf(eta.result, cells, target.tokens, batch.value),
    extrapolation,
    method: `${method}; ${eta.method}.`,
  }
}

/** Factor by which a value lies outside a range; 1 inside, and where there is no range. */
const beyond = (value: number, values: ReadonlyArray<number>): number => {
  if (values.length === 0) return 1
  const low = values.reduce((a, b) => Math.min(a, b))
  const high = values.reduce((a, b) => Math.max(a, b))
  return Math.max(1, value / high, low / value)
}

const batchFor = (
  law: Law,
  cells: ReadonlyArray<Cell>,
  target: { readonly tokens: number; readonly batch?: number },
): { readonly batch: Result; readonly method: string } => {
  if (target.batch !== undefined) {
    const given: Estimate = {
      _tag: "Estimate",
      value: target.batch,
      scale: "log",
      standardError: 0,
      interval: { low: target.batch, high: target.batch, level: law.level },
      n: 0,
      notes: ["As asked for."],
    }
    return { batch: given, method: "Batch as asked for" }
  }
  const best = powerLawAt(law.powerLaws.bestBatch, target.tokens, law.level)
  if (isEstimate(best)) return { batch: best, method: "Batch by the power law of the loss-optimal batch" }
  const first = law.overheads[0]
  const balance = powerLawAt(law.powerLaws.balanceBatch, target.tokens, law.level)
  const overhead = first === undefined ? balance : fromBalance(balance, first)
  const share = significant(100 * (first?.overhead ?? 0.2))
  if (isEstimate(overhead))
    return { batch: overhead, method: `Batch by the power law of the ${share} %-overhead batch` }
  const safe = safeBatch(law, cells)
  return {
    batch: notIdentified(
      "depends",
      `Neither the loss-optimal batch nor the ${share} %-overhead batch has an identified law in the horizon${safe === undefined ? "" : `; the largest measured batch known to be safe is ${tokensText(safe.batch)} tokens, at ${tokensText(safe.tokens)} tokens`}: measure more horizons, or ask for a batch.`,
      cells.length,
    ),
    method: "No batch law is identified",
  }
}

/** At the longest horizon that tells: the largest batch within the overhead, else the one with the lowest loss. */
const safeBatch = (
  law: Law,
  cells: ReadonlyArray<Cell>,
): { readonly batch: number; readonly tokens: number } | undefined => {
  for (const o of [...law.overheads].reverse()) {
    const inside = o.points.filter(
      (p) => p.ratio !== undefined && p.ratio <= 1 + o.overhead && p.batch > o.referenceBatch,
    )
    if (inside.length > 0) return { batch: inside[inside.length - 1].batch, tokens: o.tokens }
  }
  let lowest: Cell | undefined
  for (const cell of cells) {
    if (cell.best === undefined) continue
    if (
      lowest?.best === undefined ||
      cell.tokens > lowest.tokens ||
      (cell.tokens === lowest.tokens && cell.best.loss < lowest.best.loss)
    )
      lowest = cell
  }
  return lowest
}

const etaAt = (
  law: Law,
  cells: ReadonlyArray<Cell>,
  target: { readonly tokens: number; readonly batch: number },
  outside: number,
): { readonly result: Result; readonly method: string } => {
  const method = "eta by the surface of eta* over batch and horizon"
  if (outside > farthestBatch)
    return {
      result: notIdentified(
        "depends",
        `Batch ${tokensText(target.batch)} lies ${significant(outside)} times outside the measured batches, and eta*(B) may turn on the way: measure nearer batches.`,
        cells.length,
      ),
      method: "eta out of reach",
    }
  const exact = measuredAt(cells, target)
  if (exact !== undefined) return { result: exact, method: "eta as measured in that cell" }
  const bell = bellOf(law, cells)
  if (bell !== undefined)
    return {
      result: jointBellAt(bell, target, law.level),
      method: "eta by the bell whose peak and height follow the horizon",
    }
  const surface = etaSurface(cells, { batch: target.batch })
  if (surface._tag === "NotIdentified") {
    const along = powerLawAt(
      powerLaw(
        cells.filter((c) => c.batch === target.batch).map((c) => ({ tokens: c.tokens, y: c.eta })),
        { level: law.level, name: `eta* at batch ${tokensText(target.batch)}` },
      ),
      target.tokens,
      law.level,
    )
    return isEstimate(along)
      ? { result: along, method: "eta by the power law of eta* in the horizon at this batch" }
      : { result: surface, method: "no surface of eta*" }
  }
  return { result: surfaceAt(surface, target, law.level), method }
}

/** The bell over all horizons, where enough of them have an identified peak. */
const bellOf = (law: Law, cells: ReadonlyArray<Cell>): JointBell | undefined => {
  const { peakBatch, peakEta } = law.powerLaws
  const parts = [peakEta.prefactor, peakEta.exponent, peakBatch.prefactor, peakBatch.exponent]
  const [height, growth, peak, alpha] = parts.map((part) => (isEstimate(part) ? part.value : NaN))
  if (!(height > 0 && peak > 0)) return undefined
  return jointBell(cells, {
    reference: peakBatch.reference,
    parameters: [Math.log(height), growth, Math.log(peak), alpha],
  })
}

/** A measured cell at the target speaks for itself, where its doubt is known. */
const measuredAt = (
  cells: ReadonlyArray<Cell>,
  target: { readonly tokens: number; readonly batch: number },
): Result | undefined => {
  const cell = cells.find((c) => c.batch === target.batch && c.tokens === target.tokens)
  return cell !== undefined && isEstimate(cell.eta) && cell.eta.interval !== undefined ? cell.eta : undefined
}

/** Cells asked for their curvature. */
const neighbours = 5

const regretOf = (eta: Result, cells: ReadonlyArray<Cell>, tokens: number, batch: number): Result => {
  if (!isEstimate(eta)) return notIdentified("depends", "Regret needs an identified eta.", cells.length)
  const error = standardErrorOf(eta)
  const near = cells
    .flatMap((cell) =>
      isEstimate(cell.curvature)
        ? [
            {
              curvature: cell.curvature.value,
              distance: Math.hypot(Math.log(cell.batch / batch), Math.log(cell.tokens / tokens)),
            },
          ]
        : [],
    )
    .sort((a, b) => a.distance - b.distance)
    .slice(0, neighbours)
    .map((c) => c.curvature)
    .sort((a, b) => a - b)
  if (error === undefined || eta.interval === undefined || near.length === 0)
    return notIdentified(
      "no-noise-level",
      "Regret needs the doubt of eta: supply a noise level or repeat seeds.",
      cells.length,
    )
  const curvature = near[near.length >> 1]
  const half = Math.max(Math.log(eta.interval.high / eta.value), Math.log(eta.value / eta.interval.low))
  return {
    _tag: "Estimate",
    value: 0.5 * curvature * error ** 2,
    scale: "linear",
    standardError: unavailable("The interval is the loss given up at the ends of the interval of eta."),
    interval: { low: 0, high: 0.5 * curvature * half ** 2, level: eta.interval.level },
    n: near.length,
    notes: ["Quadratic in ln eta; more where eta is too high, since profiles are steeper there."],
  }
}
