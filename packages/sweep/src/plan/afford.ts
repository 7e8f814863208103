/** What a budget buys of a plan: short horizons first, so that the law appears early and improves. */
import { problem, type StudyProblem } from "../errors.ts"
import { boundaryOf } from "./boundary.ts"
import { flopsFor } from "./cost.ts"
import { depths } from "./order.ts"
import type { PlannedRun } from "./plan.ts"

/** At most so much of each; what is not named is not limited. */
export interface PlanBudget {
  /** To train. */
  readonly tokens?: number
  readonly flops?: number
  /** Of the whole backend, all its workers busy. */
  readonly seconds?: number
}

const measures = ["tokens", "flops", "seconds"] as const
type Price = Readonly<Record<(typeof measures)[number], number>>

/** A run going on to the next position at which something is read or kept. */
interface Leg {
  readonly run: PlannedRun
  readonly to: number
  readonly price: Price
  readonly first: boolean
}

export interface Affordable {
  /** How far each run gets, tokens; a run that is not named does not start. */
  readonly reach: ReadonlyMap<string, number>
  readonly note?: string
}

/** Seconds of the whole backend for one leg. */
export type LegSeconds = (run: PlannedRun, tokens: number, horizons: number) => number

const legsOf = (run: PlannedRun, secondsOf: LegSeconds | undefined): ReadonlyArray<Leg> => {
  const { spec, work } = run
  const { evaluateAt, averages, checkpointAt, until } = work.assignment
  // A run goes on for a reading; one that is done, for what its branches start from.
  const wanted = evaluateAt.length > 0 ? evaluateAt : checkpointAt
  const stops = [...new Set([...wanted, until])]
  let from = work.from
  return stops
    .sort((a, b) => a - b)
    .map((to, i) => {
      const tokens = Math.max(0, boundaryOf(spec, to) - from)
      from += tokens
      const readings = evaluateAt.includes(to) ? 1 : 0
      return {
        run,
        to,
        first: i === 0,
        price: {
          tokens,
          flops: flopsFor(spec, tokens, readings * (1 + averages.length)),
          seconds: secondsOf?.(run, tokens, readings) ?? 0,
        },
      }
    })
}

const plural = (count: number, what: string) => `${count} ${what}${count === 1 ? "" : "s"}`

const texts: Readonly<Record<(typeof measures)[number], (value: number) => string>> = {
  tokens: (value) => `${Math.ceil(value)} tokens`,
  flops: (value) => `${value.toExponential(2)} FLOPs`,
  seconds: (value) => `${Number(value.toPrecision(3))} s`,
}

/** Problems of the budget as it is written. */
const misstated = (budget: PlanBudget, timed: boolean): ReadonlyArray<StudyProblem> =>
  Object.entries(budget).flatMap(([field, value]) => {
    if (value === undefined) return []
    if (!measures.includes(field as keyof Price)) {
      return [problem(`budget.${field}`, `unknown field; the fields are ${measures.join(", ")}`)]
    }
    if (!(value > 0))
      return [problem(`budget.${field}`, `${value} buys nothing; give a positive number, or leave it out`)]
    return field === "seconds" && !timed
      ? [
          problem(
            "budget.seconds",
            "this backend does not tell its speed; calibrate the plan first, or give tokens or flops",
          ),
        ]
      : []
  })

/**
 * Takes legs in the order of their ends, parents before branches, as long as they fit; a run whose leg does not fit
 * stops before it, and cheaper ones go on. Gives the problem where not even one run fits.
 */
export const afford = (
  runs: ReadonlyArray<PlannedRun>,
  budget: PlanBudget,
  secondsOf: LegSeconds | undefined,
): Affordable | { readonly problems: ReadonlyArray<StudyProblem> } => {
  const problems = misstated(budget, secondsOf !== undefined)
  if (problems.length > 0) return { problems }
  const limited = measures.filter((measure) => budget[measure] !== undefined)
  const depth = depths(runs)
  const depthOf = ({ runId }: PlannedRun) => depth.get(runId) ?? 0
  const legs = runs
    .flatMap((run) => legsOf(run, secondsOf))
    .sort((a, b) => a.to - b.to || depthOf(a.run) - depthOf(b.run))
  const planned = new Set(runs.map(({ runId }) => runId))
  const reach = new Map<string, number>()
  const stopped = new Set<string>()
  const spent = { tokens: 0, flops: 0, seconds: 0 }
  for (const { run, to, price } of legs) {
    const { runId, spec } = run
    const parent = spec.origin?.parent
    const rooted = parent === undefined || !planned.has(parent) || (reach.get(parent) ?? 0) >= spec.origin!.at
    const fits = limited.every((measure) => spent[measure] + price[measure] <= budget[measure]!)
    if (stopped.has(runId) || !rooted || !fits) {
      stopped.add(runId)
      continue
    }
    for (const measure of measures) spent[measure] += price[measure]
    reach.set(runId, to)
  }
  if (reach.size === 0 && legs.length > 0) {
    const starts = legs.filter(({ run, first }) => first && depthOf(run) === 0)
    return {
      problems: limited.flatMap((measure) => {
        const least = Math.min(...starts.map(({ price }) => price[measure]))
        const has = texts[measure]
        return budget[measure]! >= least
          ? []
          : [problem(`budget.${measure}`, `${has(budget[measure]!)} buy no run; the cheapest takes ${has(least)}`)]
      }),
    }
  }
  if (stopped.size === 0) return { reach }
  const all = (measure: keyof Price) => legs.reduce((sum, { price }) => sum + price[measure], 0)
  const out = [...stopped].filter((runId) => !reach.has(runId)).length
  const short = stopped.size - out
  const what = [
    ...(out === 0 ? [] : [`${plural(out, "run")} of ${runs.length} ${out === 1 ? "is" : "are"} left out`]),
    ...(short === 0 ? [] : [`${plural(short, "run")} ${short === 1 ? "stops" : "stop"} before the last horizon`]),
  ]
  const measure = limited[0]!
  const limits = limited.map((m) => texts[m](budget[m]!)).join(", ")
  return { reach, note: `within ${limits}, ${what.join(" and ")}; all would take ${texts[measure](all(measure))}` }
}
