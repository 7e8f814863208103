/** What a plan comes to, in a few lines. */
import type { Plan } from "@ts/sweep"
import { compact, duration } from "./output.ts"
import type { Planned } from "./spending.ts"

const bytes = (count: number): string =>
  count < 1e9 ? `${(count / 1e6).toFixed(0)} MB` : `${(count / 1e9).toFixed(1)} GB`

export const planLine = ({ plan: { cost, done }, measured }: Planned): string => {
  if (cost.runs === 0) return `nothing to train: all ${done.readings} readings of ${done.runs} runs are there`
  const time =
    cost.seconds === undefined
      ? "time not known beforehand"
      : `about ${duration(cost.seconds)}${measured ? " (measured)" : ""}`
  const kept = done.readings === 0 ? "" : ` · ${done.readings} readings are there already`
  return `${cost.runs} runs, ${cost.readings} readings · ${compact(cost.tokens)} tokens · ${cost.flops.toExponential(1)} FLOPs · ${time} · ${bytes(cost.checkpointBytes)} of checkpoints${kept}`
}

/** One line a run: what it is and what is left of it. */
export const planTable = ({ runs }: Plan): ReadonlyArray<string> => {
  const header = ["run", "width", "batch", "log2 eta", "seed", "from", "until", "readings"]
  const lines = runs.map(({ runId, spec, work, readings }) => [
    runId.slice(0, 8),
    String(spec.model.d_model),
    spec.batch.kind === "constant" ? String(spec.batch.tokens) : spec.batch.kind,
    Math.log2(spec.eta).toFixed(2),
    String(spec.seed),
    String(work.from),
    String(work.assignment.until),
    String(readings),
  ])
  const widths = header.map((title, c) => Math.max(title.length, ...lines.map((line) => line[c]!.length)))
  return [header, ...lines].map((line) => line.map((cell, c) => cell.padStart(widths[c]!)).join("  "))
}

/** The plan as data: what a program needs to decide, without the specs' every field. */
export const planData = (plan: Plan) => ({
  study: plan.study.name,
  backend: plan.backend,
  device: plan.device,
  cost: plan.cost,
  done: plan.done,
  notes: plan.notes,
  runs: plan.runs.map(({ runId, numericsId, spec, horizons, averages, work, flops, readings }) => ({
    runId,
    numericsId,
    spec,
    horizons,
    averages,
    from: work.from,
    tokens: work.tokens,
    until: work.assignment.until,
    evaluateAt: work.assignment.evaluateAt,
    flops,
    readings,
  })),
})
