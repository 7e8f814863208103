/** What readings are of, beside the raw weights or an average: `@ts/fit` keeps rows apart by it. */
import { canonicalHash, type RunSpec } from "@ts/backend"
import { same } from "../study/specs.ts"

type ParentOf = (runId: string) => RunSpec | undefined

/** Whether a branch is the end of a `warmup_stable_decay` run of its trunk's batch and rate. */
const decays = ({ schedule, origin, batch, eta }: RunSpec, parent: RunSpec | undefined): boolean =>
  schedule.kind === "warmup_stable_decay" &&
  origin !== undefined &&
  origin.at <= schedule.decayStart &&
  (parent === undefined || (eta === parent.eta && same(batch, parent.batch)))

const branchMark = (spec: RunSpec, parent: RunSpec | undefined): string => {
  const { schedule, origin } = spec
  if (schedule.kind !== "warmup_stable_decay" || !decays(spec, parent)) return `branch:${origin!.at}`
  const share = Number((1 - schedule.decayStart / schedule.horizon).toPrecision(3))
  return `decayed:${share}:${schedule.shape}`
}

/**
 * Marks of a run's readings: `decayed:0.2:linear` where the rate decayed to zero over the last fifth of the horizon,
 * `branch:65536` where it left another run there, `ramp:1a2b3c4d` where the batch grew on the way (a hash of its schedule).
 */
export const marksOf = (spec: RunSpec, parentOf: ParentOf): ReadonlyArray<string> => {
  const { origin, batch } = spec
  const parent = origin === undefined ? undefined : parentOf(origin.parent)
  const above = parent === undefined ? [] : marksOf(parent, parentOf)
  const ramps = batch.kind === "power" || (batch.kind === "steps" && batch.pieces.length > 1)
  const ramp = ramps ? [`ramp:${canonicalHash(batch).slice(0, 8)}`] : []
  return [
    ...above,
    ...ramp.filter((mark) => !above.includes(mark)),
    ...(origin === undefined ? [] : [branchMark(spec, parent)]),
  ]
}

/** `none`, an average, or the marks with the average behind them: `decayed:0.2:linear`, `ramp:1a2b3c4d+ewa:0.99`. */
export const markedName = (marks: ReadonlyArray<string>, average: string): string =>
  marks.length === 0 ? average : [...marks, ...(average === "none" ? [] : [average])].join("+")

const marked = /^(decayed|branch|ramp):/

/** The average alone. */
export const unmarkedName = (name: string): string =>
  marked.test(name) ? (name.split("+").find((part) => !marked.test(part)) ?? "none") : name
