import type { TrunkBlock } from "./blocks.ts"
import { atLeastResamples, withResamples } from "./bootstrap.ts"
import { cellOf } from "./cell.ts"
import { type DistinctRows, distinctRows } from "./distinct.ts"
import { lawEquivalence } from "./joint/equivalence.ts"
import { type Joint, jointLaw } from "./joint/joint-law.ts"
import { lossSurface } from "./joint/loss-surface.ts"
import { lowestLosses } from "./joint/lowest-losses.ts"
import { solvedForm } from "./joint/plain.ts"
import { type LawSamples, lawSampler } from "./joint/sample.ts"
import type { Cell, FitOptions, Law, LossSurface, NoiseLevel, PowerLaw, RowSummary, Slice } from "./law.ts"
import { type Profile, profiles } from "./profiles.ts"
import { verdictOf } from "./regime.ts"
import { resampler } from "./resample.ts"
import { isEstimate, type NotIdentified, notIdentified, type Result } from "./result.ts"
import { completeRow, type Row, type RowLike } from "./row.ts"
import {
  inSlice,
  numbersOf,
  type OwnLawName,
  powerLawsOf,
  type StatementOptions,
  type Statements,
  statementsOf,
} from "./statements.ts"
import { type Shape, shapeOf } from "./study.ts"
import { Tally } from "./summary.ts"
import { requireFraction, requireOption, requirePositive, validateRows } from "./validate.ts"
import { widthVerdict } from "./width.ts"

/** Fewer sizes than this have no law in the size, nor have sizes that lie closer together than this factor. */
const fewestSizes = 3
const narrowest = 2

const haveSizes = (rows: ReadonlyArray<Row>): boolean => {
  const sizes = [...new Set(rows.map((row) => row.size ?? 0))].filter((size) => size > 0).sort((a, b) => a - b)
  return sizes.length >= fewestSizes && sizes[sizes.length - 1] >= narrowest * sizes[0]
}

/** Readings that all resamples together may touch: keeps a million rows within seconds. */
const mostReadings = 8e6

/**
 * The law of a set of runs: optima of all loss profiles, one law of eta* fitted to all of them at once in the form that the data support, the
 * law of the lowest loss, overhead batches, loss-optimal batches, their power laws in the horizon, regimes at fixed batch, agreement of widths.
 * Everything not identified says so. Plain data, see `serializeLaw`.
 *
 * Intervals of the law of eta* are by profile likelihood; those of what is read off the loss curves come from a parametric bootstrap by trunk
 * (`resampler`). Where no noise level can be had from `noise` or residuals the latter are missing, and so says the standard error.
 *
 * @param readings tokens and nats; see `Row` for what may be left out and what it then means
 * @throws InvalidRowError naming row, field and value; InvalidOptionError
 */
export const fitLaw = (readings: ReadonlyArray<RowLike>, options: FitOptions = {}): Law => {
  const level = options.level ?? 0.9
  checkOptions(options)
  const complete = readings.map(completeRow)
  validateRows(complete)
  const distinct = distinctRows(complete)
  const { rows } = distinct
  const groups = profiles(rows)
  const average = averageOf(groups, options)
  const shape = shapeOf(
    rows,
    groups.map((group) => (group.average === average ? group : { ...group, measured: false })),
    options,
  )
  const { noise } = shape
  const losses = rows.map((row) => row.loss)
  const cells = groups.map((group) =>
    cellOf(group, rows, losses, noise, level, {
      skew: shape.skew,
      skewError: shape.error,
      window: shape.window,
    }),
  )
  const slice = sliceOf(cells, average, options)
  const own = cells.filter(inSlice(slice))
  const sizes = options.sizes ?? haveSizes(rows)
  const used = shape.blocks.filter(({ cells: members }) =>
    members.some(({ window }) => enters(groups[window.profile], slice, sizes)),
  )
  const joint = jointLaw(used, groups, noise, { sizes, slice, own, level, skew: shape })
  const errorDegrees = noise.source === "unknown" ? Infinity : noise.degrees
  const statementOptions: StatementOptions = {
    slice,
    level,
    overhead: options.overhead ?? 0.2,
    widthMargin: options.widthMargin ?? 0.25,
    errorDegrees,
  }
  const seed = options.seed ?? 0
  const { statements, samples, resamples } = resampled(rows, cells, shape, joint, statementOptions, options, seed)
  const laws = powerLawsOf(statements, level)
  const doubted = (name: OwnLawName): PowerLaw => ({
    ...laws[name],
    exponent: atLeastResamples(laws[name].exponent, samples(`exponent ${name}`), level, errorDegrees),
  })
  const withSpread = (law: PowerLaw, name: string): PowerLaw => ({
    ...law,
    exponent: withError(law.exponent, samples(`exponent ${name}`)),
  })
  return {
    version: 2,
    slice,
    level,
    noise,
    cells,
    bells: joint.bells.map((bell) => ({
      ...bell,
      peakBatch: withError(bell.peakBatch, samples(`peak ${bell.tokens}`)),
      peakEta: withError(bell.peakEta, samples(`height ${bell.tokens}`)),
    })),
    forms: joint.forms,
    joint: joint.joint,
    lossSurface: surfaceOf(
      shape.blocks.filter(({ cells: members }) =>
        members.some(({ window }) => enters(groups[window.profile], slice, false)),
      ),
      groups,
      joint,
      noise,
      level,
    ),
    overheads: statements.overheads,
    bestBatches: statements.bestBatches,
    powerLaws: {
      peakBatch: withSpread(joint.peakBatch, "peak"),
      peakEta: withSpread(joint.peakEta, "height"),
      overheadBatch: doubted("overheadBatch"),
      balanceBatch: doubted("balanceBatch"),
      bestBatch: doubted("bestBatch"),
    },
    regimes: statements.regimes,
    widths: statements.widths.map((agreement) => ({
      ...agreement,
      laws: lawEquivalence(
        shape.blocks.filter(({ cells: members }) =>
          members.some(({ window }) => {
            const { average: read, width } = groups[window.profile]
            return read === slice.average && agreement.widths.includes(width)
          }),
        ),
        groups,
        noise,
        shape,
        (profile) => profile.width === agreement.widths[1],
        { margin: statementOptions.widthMargin, level },
      ),
    })),
    conditions: options.conditions ?? {},
    summary: summaryOf(distinct, groups, cells),
    bootstrap: { resamples, seed },
  }
}

const surfaceOf = (
  blocks: ReadonlyArray<TrunkBlock>,
  groups: ReadonlyArray<Profile>,
  { joint }: Joint,
  noise: NoiseLevel,
  level: number,
): LossSurface | NotIdentified => {
  const law = joint === undefined ? undefined : solvedForm(joint, joint.form)
  if (law === undefined)
    return notIdentified("too-few-cells", "No law of eta* could be fitted, so the losses at it are not known.", 0)
  return lossSurface(lowestLosses(blocks, groups, noise, law), {
    level,
    noiseDegrees: noise.source === "unknown" ? Infinity : noise.degrees,
  })
}

/** Whether a profile takes part in the joint fit: the slice's own, or those of all sizes. */
const enters = (profile: Profile, slice: Slice, sizes: boolean): boolean =>
  profile.average === slice.average && (sizes || (profile.width === slice.width && profile.size === slice.size))

/** An estimate with the standard deviation of its resamples in the place of half its interval. */
const withError = (result: Result, values: ReadonlyArray<number>): Result => {
  if (!isEstimate(result) || values.length < 2) return result
  const mean = values.reduce((a, b) => a + b, 0) / values.length
  const deviation = Math.sqrt(values.reduce((sum, v) => sum + (v - mean) ** 2, 0) / (values.length - 1))
  return Number.isFinite(deviation) ? { ...result, standardError: deviation } : result
}

const checkOptions = (options: FitOptions): void => {
  requireFraction("level", options.level ?? 0.9)
  requirePositive("overhead", options.overhead ?? 0.2)
  requirePositive("widthMargin", options.widthMargin ?? 0.25)
  const noise = options.noise ?? 0
  requireOption("noise", noise, noise >= 0, "zero or above, in nats")
  const shared = options.sharedNoise ?? 0
  requireOption("sharedNoise", shared, shared >= 0 && shared <= 1, "from 0 to 1")
  const resamples = options.resamples ?? 0
  const seed = options.seed ?? 0
  requireOption("seed", seed, Number.isSafeInteger(seed), "a whole number")
  requireOption("resamples", resamples, Number.isInteger(resamples) && resamples >= 0, "a whole number, zero or above")
}

/** The average asked for; raw weights where present, else the most frequent. */
const averageOf = (groups: ReadonlyArray<Profile>, options: FitOptions): string => {
  const averages = groups.map((group) => group.average)
  return options.average ?? (averages.includes("none") || averages.length === 0 ? "none" : mostFrequent(averages))
}

/** The model with most identified cells. */
const sliceOf = (cells: ReadonlyArray<Cell>, average: string, options: FitOptions): Slice => {
  const counts = new Map<string, { slice: Slice; score: number }>()
  for (const cell of cells) {
    const { width, size } = cell
    if (cell.average !== average) continue
    if (options.width !== undefined && width !== options.width) continue
    if (options.size !== undefined && size !== options.size) continue
    const key = `${width} ${size}`
    const entry = counts.get(key) ?? { slice: { width, size, average }, score: 0 }
    entry.score += isEstimate(cell.eta) ? 1000 : 1
    counts.set(key, entry)
  }
  let best: { slice: Slice; score: number } | undefined
  for (const entry of counts.values()) if (best === undefined || entry.score > best.score) best = entry
  return best?.slice ?? { width: options.width ?? 0, size: options.size ?? 0, average }
}

const mostFrequent = (names: ReadonlyArray<string>): string => {
  const counts = new Map<string, number>()
  for (const name of names) counts.set(name, (counts.get(name) ?? 0) + 1)
  return [...counts.entries()].reduce((a, b) => (b[1] > a[1] ? b : a))[0]
}

/** Statements with the doubt of their resamples, and the resamples by name. */
const resampled = (
  rows: ReadonlyArray<Row>,
  cells: ReadonlyArray<Cell>,
  { blocks, noise, error }: Shape,
  { joint, evidence, members, bells }: Joint,
  statementOptions: StatementOptions,
  options: FitOptions,
  seed: number,
) => {
  const { level, widthMargin, slice, errorDegrees } = statementOptions
  const plain = statementsOf(cells, statementOptions)
  const wanted = options.resamples ?? 200
  const affordable = Math.max(20, Math.floor(mostReadings / Math.max(1, rows.length)))
  const resamples = noise.source === "unknown" || rows.length === 0 ? 0 : Math.min(wanted, affordable)
  const collected = new Map<string, Array<number>>()
  const collect = (name: string, value: number): void => {
    const list = collected.get(name)
    if (list === undefined) collected.set(name, [value])
    else list.push(value)
  }
  if (resamples > 0) {
    const windowedCells = new Set(blocks.flatMap((block) => block.cells.map(({ window }) => window.profile)))
    const rest = cells.filter((cell, i) => cell.average === slice.average && !windowedCells.has(i))
    const draws = resampler(blocks, rows, (profile) => cells[profile], rest, noise, error, seed)
    const law: LawSamples | undefined =
      joint === undefined
        ? undefined
        : lawSampler(joint, evidence, members, {
            horizons: bells.map((bell) => bell.tokens),
            lnSize: slice.size > 0 ? Math.log(slice.size) : 0,
            seed,
          })
    for (let k = 0; k < resamples; k++) {
      const again = statementsOf(draws.draw(k), statementOptions)
      for (const [name, value] of numbersOf(again, level)) collect(name, value)
      law?.draw(k, draws.coefficients, collect)
    }
  }
  const samples = (name: string): ReadonlyArray<number> => collected.get(name) ?? []
  const statements: Statements = {
    overheads: plain.overheads.map((o) => ({
      ...o,
      batch: withResamples(o.batch, samples(`overhead ${o.tokens}`), level, errorDegrees),
    })),
    bestBatches: plain.bestBatches.map((b) => ({
      ...b,
      batch: withResamples(b.batch, samples(`best ${b.tokens}`), level, errorDegrees),
      loss: withResamples(b.loss, samples(`best loss ${b.tokens}`), level, errorDegrees),
    })),
    regimes: plain.regimes.map((r) => {
      const slope = atLeastResamples(r.slope, samples(`regime ${r.batch}`), level)
      return { ...r, slope, verdict: verdictOf(slope) }
    }),
    widths: plain.widths.map((w) => {
      const difference = atLeastResamples(w.difference, samples(`width ${w.widths.join(" ")}`), level)
      const interval = isEstimate(difference) ? difference.interval : undefined
      return {
        ...w,
        difference,
        verdict: interval === undefined ? w.verdict : widthVerdict(interval.low, interval.high, widthMargin),
      }
    }),
  }
  return { statements, samples, resamples }
}

const summaryOf = (
  { rows, origins, copies }: DistinctRows,
  groups: ReadonlyArray<Profile>,
  cells: ReadonlyArray<Cell>,
): RowSummary => {
  const tally = new Tally()
  for (const i of copies) tally.drop("second reading of the same run", i)
  groups.forEach((group, g) => {
    group.rows.forEach((i, k) => {
      const { use } = cells[g].points[k]
      if (use === "diverged") tally.drop("diverged", origins[i])
      else if (use === "pruned") tally.drop("pruned", origins[i])
      else if (!group.measured) tally.drop("fewer than 64 steps after warmup", origins[i])
    })
  })
  return tally.summary(rows.length + copies.length)
}
