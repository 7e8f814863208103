import { significant, tokensText } from "./format.ts"
import { type FormName, forms } from "./joint/form.ts"
import { lossOf } from "./joint/loss-surface.ts"
import { solvedForm } from "./joint/plain.ts"
import { lnEtaAt } from "./joint/quantities.ts"
import type { Cell, Law, Prediction } from "./law.ts"
import { fromBalance } from "./overhead.ts"
import { powerLaw, powerLawAt } from "./power-law.ts"
import { type Estimate, isEstimate, notIdentified, type Result, standardErrorOf, unavailable } from "./result.ts"
import { shape } from "./skewed.ts"
import { inSlice } from "./statements.ts"
import { requirePositive } from "./validate.ts"

/** A batch this many times outside the measured ones is out of reach: the forms of eta*(B) part there. */
const farthestBatch = 4

/** The run that advice is asked for. */
export interface Target {
  /** Horizon, tokens. */
  readonly tokens: number
  /** Tokens. Default: recommended. */
  readonly batch?: number
  /** d_model. Under muP the law is one for all widths; the answer says how far that was checked. */
  readonly width?: number
  /** Parameters, for laws fitted over sizes. Default: that of the law's slice. */
  readonly size?: number
}

/**
 * What to use at a horizon. Without `batch`: the loss-optimal batch by its power law, else the overhead batch, its part above the reference
 * following the power law of the balance batch; where neither is identified none is recommended, and the message names the largest
 * measured batch known to be safe. With `batch`, or once it is found: eta from the law of eta* over batch and horizon that was fitted to
 * all profiles at once, in the form that the data name, else as a bell; what the forms not ruled out would say stands beside it. Its interval is
 * by profile likelihood and holds for the batch as given; it does not contain the doubt of a recommended batch.
 *
 * Regret is the loss expected to be given up by using eta: half the curvature of the nearest profiles times the variance of
 * ln eta. It leaves out what a wrong batch costs.
 *
 * @throws InvalidOptionError
 */
export const predict = (law: Law, target: Target): Prediction => {
  requirePositive("tokens", target.tokens)
  for (const option of ["batch", "width", "size"] as const) {
    const value = target[option]
    if (value !== undefined) requirePositive(option, value)
  }
  const cells = law.cells.filter(inSlice(law.slice)).filter((cell) => isEstimate(cell.eta))
  const { batch, method } = batchFor(law, cells, target)
  const reach = {
    tokens: beyond(target.tokens, horizonsOf(cells)),
    ...(target.width === undefined ? {} : { width: beyond(target.width, widthsOf(law)) }),
    ...(target.size === undefined ? {} : { size: beyond(target.size, sizesOf(law)) }),
  }
  const head = { tokens: target.tokens, batch, conditions: law.conditions, notes: notesOf(law, target) }
  if (!isEstimate(batch)) {
    const why = notIdentified(
      "depends",
      "eta* depends on the batch, and none is recommended: ask for a batch.",
      cells.length,
    )
    return {
      ...head,
      eta: why,
      loss: why,
      alternatives: [],
      regret: why,
      extrapolation: { ...reach, batch: 1 },
      method,
    }
  }
  const outside = beyond(
    batch.value,
    cells.map((c) => c.batch),
  )
  const eta = etaAt(law, cells, { ...target, batch: batch.value }, outside)
  return {
    ...head,
    eta: eta.result,
    loss: lossFor(law, target.tokens, batch.value),
    alternatives: eta.alternatives,
    regret: regretOf(eta.result, cells, target.tokens, batch.value),
    extrapolation: { ...reach, batch: outside },
    method: `${method}; ${eta.method}.`,
  }
}

const lossFor = ({ lossSurface, level }: Law, tokens: number, batch: number): Result => {
  if (lossSurface._tag !== "LossSurface") return lossSurface
  const found = lossOf(lossSurface, batch, tokens, level)
  const { low = Number.NaN, high = Number.NaN } = found.interval ?? {}
  // A loss is above zero: an interval that reaches down to it bounds nothing.
  return low > 0 && Number.isFinite(high)
    ? found
    : notIdentified(
        "ill-conditioned",
        `The law of the loss says nothing at batch ${tokensText(batch)} and ${tokensText(tokens)} tokens: measure batches or horizons nearer to it.`,
        lossSurface.cells,
      )
}

const horizonsOf = (cells: ReadonlyArray<Cell>): ReadonlyArray<number> => cells.map((cell) => cell.tokens)
const widthsOf = (law: Law): ReadonlyArray<number> => law.cells.map((cell) => cell.width).filter((width) => width > 0)
const sizesOf = (law: Law): ReadonlyArray<number> => law.cells.map((cell) => cell.size).filter((size) => size > 0)

/** What the answer takes for granted. */
const notesOf = (law: Law, { width, size }: Target): ReadonlyArray<string> => {
  const notes: Array<string> = []
  if (width !== undefined && width !== law.slice.width) {
    const agreeing = law.widths.filter((w) => w.verdict === "equivalent").length
    const differing = law.widths.some((w) => w.verdict === "different")
    notes.push(
      differing
        ? `The optima of the widths measured differ: what holds at width ${law.slice.width} need not hold at ${width}.`
        : agreeing > 0
          ? `Width ${width} is taken to follow the law of width ${law.slice.width}, as the widths measured do within their margin.`
          : `That width ${width} follows the law of width ${law.slice.width} was not measured: train a second width.`,
    )
  }
  if (size !== undefined && law.joint?.terms.size !== true)
    notes.push("The law was fitted at one size: the size asked for does not enter.")
  return notes
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

interface EtaAnswer {
  readonly result: Result
  readonly alternatives: Prediction["alternatives"]
  readonly method: string
}

const etaAt = (
  law: Law,
  cells: ReadonlyArray<Cell>,
  target: Target & { readonly batch: number },
  outside: number,
): EtaAnswer => {
  const only = (result: Result, method: string): EtaAnswer => ({ result, alternatives: [], method })
  const exact = target.size === undefined || target.size === law.slice.size ? measuredAt(cells, target) : undefined
  if (exact !== undefined) return only(exact, "eta as measured in that cell")
  if (outside > farthestBatch)
    return only(
      notIdentified(
        "depends",
        `Batch ${tokensText(target.batch)} lies ${significant(outside)} times outside the measured batches, and eta*(B) may turn on the way: measure nearer batches.`,
        cells.length,
      ),
      "eta out of reach",
    )
  const { joint } = law
  if (joint === undefined || (!joint.terms.tokens && beyond(target.tokens, horizonsOf(cells)) > 1)) {
    const along = powerLawAt(
      powerLaw(
        cells.filter((c) => c.batch === target.batch).map((c) => ({ tokens: c.tokens, y: c.eta })),
        { level: law.level, name: `eta* at batch ${tokensText(target.batch)}` },
      ),
      target.tokens,
      law.level,
    )
    return only(along, "eta by the power law of eta* in the horizon at this batch")
  }
  const undecided = "form" in law.forms.verdict ? [] : law.forms.verdict.undecided
  return {
    result: byForm(law, joint.form, target),
    alternatives: undecided
      .filter((form) => form !== joint.form && joint.fits[form] !== undefined)
      .map((form) => ({ form, eta: byForm(law, form, target) })),
    method: `eta by the law fitted to all profiles, a ${forms[joint.form].title}`,
  }
}

const byForm = (law: Law, form: FormName, target: Target & { readonly batch: number }): Result => {
  const solved = law.joint === undefined ? undefined : solvedForm(law.joint, form)
  const n = law.joint?.evidence.slope.length ?? 0
  if (solved === undefined)
    return notIdentified("too-few-cells", "No law of eta* could be fitted: measure more cells.", n)
  const size = target.size ?? law.slice.size
  const found = lnEtaAt(
    solved,
    Math.log(target.batch),
    { lnTokens: Math.log(target.tokens), lnSize: size > 0 ? Math.log(size) : 0 },
    law.level,
  )
  const [low, high] = [Math.exp(found.ends.low), Math.exp(found.ends.high)]
  if (!(low > 0) || high === Infinity)
    return notIdentified(
      "ill-conditioned",
      `The law leaves eta* at batch ${tokensText(target.batch)} and ${tokensText(target.tokens)} tokens open: measure batches or horizons nearer to it.`,
      n,
      {
        ...(low > 0 && low < Infinity ? { lower: low } : {}),
        ...(high > 0 && high < Infinity ? { upper: high } : {}),
        level: law.level,
      },
    )
  return {
    _tag: "Estimate",
    value: Math.exp(found.value),
    scale: "log",
    standardError: found.deviation,
    interval: { low, high, level: law.level },
    n,
    notes: [],
  }
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
  const skew = cells.find((cell) => cell.parabola !== undefined)?.parabola?.skew ?? 0
  // Where the truth is the low end of the interval, eta is too high by that much.
  const [tooHigh, tooLow] = [Math.log(eta.value / eta.interval.low), Math.log(eta.value / eta.interval.high)]
  const worst = curvature * Math.max(shape(tooHigh, skew), shape(tooLow, skew))
  return {
    _tag: "Estimate",
    value: 0.5 * curvature * error ** 2,
    scale: "linear",
    standardError: unavailable("The interval is the loss given up at the ends of the interval of eta."),
    interval: { low: 0, high: worst, level: eta.interval.level },
    n: near.length,
    notes: ["To second order in ln eta; its upper end follows the skew of the profiles."],
  }
}
