/** What a sweep may cost, and what it keeps: flags that `plan` and `run` share. */
import { Backend } from "@ts/backend"
import { hopeless, type Plan, type PlanBudget, type RunOptions, type Study, Sweep } from "@ts/sweep"
import { Effect, Option, Schema } from "effect"
import { Flag } from "effect/cli"
import type { FlagValues } from "./flagValues.ts"
import { talk } from "./output.ts"

const scales = { k: 1e3, M: 1e6, G: 1e9, T: 1e12, P: 1e15, E: 1e18 } as const
const spans = { s: 1, min: 60, h: 3600, d: 86_400 } as const

const form = /^(\d+(?:\.\d+)?(?:e[+-]?\d+)?)(?:([kMGTPE])?(tokens|flops)|(s|min|h|d))$/

/** "500Mtokens", "2e15flops" or "90min". */
export const budgetOf = (text: string): PlanBudget => {
  const [, digits, scale, what, span] = form.exec(text) ?? []
  const value = Number(digits)
  if (span !== undefined) return { seconds: value * spans[span as keyof typeof spans] }
  const whole = value * (scale === undefined ? 1 : scales[scale as keyof typeof scales])
  return what === "flops" ? { flops: whole } : { tokens: whole }
}

const Budget = Schema.String.check(
  Schema.isPattern(form, { message: 'Expected a budget such as "500Mtokens", "2e15flops", "90min" or "8h"' }),
)

export const planFlags = {
  budget: Flag.String("budget").pipe(
    Flag.withSchema(Budget),
    Flag.map(budgetOf),
    Flag.withDescription(
      'Train no more than this, short horizons first: "500Mtokens", "2e15flops", "90min". Of an adaptive study tokens and FLOPs count over all sessions',
    ),
    Flag.optional,
  ),
  calibrate: Flag.Boolean("calibrate").pipe(
    Flag.withDescription(
      "Train a few throwaway steps to tell the time of a plan that takes longer than some seconds, or --no-calibrate",
    ),
    Flag.withDefault(true),
  ),
}
export type PlanFlags = FlagValues<typeof planFlags>

export const keepFlags = {
  prune: Flag.Boolean("prune").pipe(
    Flag.withDescription(
      "Stop runs far off their best rate, 2.5 octaves and more at two horizons; their readings so far stay",
    ),
    Flag.withDefault(false),
  ),
  keepCheckpoints: Flag.Literals("keep-checkpoints", ["all", "last", "none"]).pipe(
    Flag.withDescription("Of runs that are done: last lets a horizon be added cheaply"),
    Flag.withDefault("last" as const),
  ),
}
export type KeepFlags = FlagValues<typeof keepFlags>

/** Below this nobody waits to be told the time, seconds. */
const worthTelling = 20

/** A study's plan within the budget of the flags, its time by a calibration where that is worth it. */
export const planned = Effect.fnUntraced(function* (study: Study, flags: PlanFlags, dry: boolean) {
  const budget = Option.getOrUndefined(flags.budget)
  const timed = budget?.seconds !== undefined
  // A time buys what the backend's own speed says only where that is not measured.
  const first = yield* Sweep.plan(study, budget === undefined || timed ? {} : { budget })
  const { seconds } = first.cost
  const long = seconds === undefined || seconds > worthTelling
  // Where a bundle waits in a queue a few steps take as long as a run.
  const { startupSeconds } = (yield* Backend).capabilities
  if (startupSeconds !== undefined)
    return { plan: timed ? yield* Sweep.plan(study, { budget }) : first, measured: false }
  if (first.runs.length === 0 || !(timed || (dry && long && flags.calibrate))) return { plan: first, measured: false }
  yield* talk("calibrating  a few steps on this backend")
  const calibration = yield* Sweep.calibrate(first)
  return {
    plan: yield* Sweep.plan(study, { calibration, ...(budget === undefined ? {} : { budget }) }),
    measured: true,
  }
})

export interface Planned {
  readonly plan: Plan
  /** Its time comes from a calibration. */
  readonly measured: boolean
}

/** A study with the budget of the flags in place of its own, where tokens or FLOPs are given. */
export const withBudget = (study: Study, { budget }: Pick<PlanFlags, "budget">): Study => {
  const { adaptive } = study
  const { tokens, flops } = Option.getOrElse(budget, (): PlanBudget => ({}))
  if (adaptive === undefined || (tokens === undefined && flops === undefined)) return study
  return {
    ...study,
    adaptive: {
      ...adaptive,
      budget: { ...(tokens === undefined ? {} : { tokens }), ...(flops === undefined ? {} : { flops }) },
    },
  }
}

export const runOptions = (flags: KeepFlags, { budget }: Pick<PlanFlags, "budget">): RunOptions => {
  const seconds = Option.getOrUndefined(budget)?.seconds
  return {
    ...(flags.prune ? { prune: hopeless() } : {}),
    keepCheckpoints: flags.keepCheckpoints,
    ...(seconds === undefined ? {} : { budget: { seconds } }),
  }
}
