/** Runs an adaptive study: rounds of a sweep, each planned from what the rounds before have measured. */
import type { Backend, CheckpointStore } from "@ts/backend"
import type { Law } from "@ts/fit"
import { Effect, Stream } from "effect"
import { problem, type SweepError, studyError } from "../errors.ts"
import { plan } from "../plan/plan.ts"
import { emitting } from "../run/emitting.ts"
import type { Summary, SweepEvent } from "../run/events.ts"
import type { RunOptions } from "../run/options.ts"
import { run } from "../run/run.ts"
import { Store } from "../store/Store.ts"
import { Study } from "../study/index.ts"
import type { StudyRun } from "../study/Study.ts"
import type { Adaptive } from "./declared.ts"
import { type Ending, type Fit, type ModelAnswer, nextRound, type Spent } from "./next.ts"
import { lawFor } from "./question.ts"
import { askedOf, type Space, spaceOf } from "./space.ts"

/** A round begins. */
export interface Round {
  readonly _tag: "Round"
  readonly number: number
  readonly why: string
  readonly runs: number
  /** To train in it. */
  readonly cost: Spent
  /** Trained before it, over all sessions. */
  readonly spent: Spent
  readonly models: ReadonlyArray<ModelAnswer>
}

/** How an adaptive study ended; the `Summary` follows. */
export interface Adapted {
  readonly _tag: "Adapted"
  /** `failed`: runs were given up; the next call tries them again. `stopped`: the budget of this call is spent. */
  readonly ended: Ending | "failed" | "stopped"
  readonly why: string
  readonly rounds: number
  readonly spent: Spent
  readonly models: ReadonlyArray<ModelAnswer>
}

export type AdaptEvent = SweepEvent | Round | Adapted

/** Nothing is pruned: what a round asks for it needs, and rates without hope are not asked for. */
export type AdaptOptions = Omit<RunOptions, "prune">

const nothing: Summary = {
  _tag: "Summary",
  finished: 0,
  diverged: 0,
  pruned: 0,
  failed: [],
  inconsistent: 0,
  tokens: 0,
  seconds: 0,
}

const together = (a: Summary, b: Summary): Summary => ({
  ...b,
  finished: a.finished + b.finished,
  diverged: a.diverged + b.diverged,
  pruned: a.pruned + b.pruned,
  inconsistent: a.inconsistent + b.inconsistent,
  tokens: a.tokens + b.tokens,
  seconds: a.seconds + b.seconds,
})

/** What of a call's budget the rounds before have left. */
const rest = (options: AdaptOptions, { tokens, seconds }: Summary): RunOptions => {
  const { budget } = options
  if (budget === undefined) return options
  const less = (cap: number, used: number) => Math.max(Number.MIN_VALUE, cap - used)
  return {
    ...options,
    budget: {
      ...(budget.tokens === undefined ? {} : { tokens: less(budget.tokens, tokens) }),
      ...(budget.seconds === undefined ? {} : { seconds: less(budget.seconds, seconds) }),
    },
  }
}

/** What an earlier sweep pruned counts as answered otherwise, and would be asked for again and again. */
const unpruned = { pruned: true } as const

/** What is measured of the study. */
const stored = Effect.fnUntraced(function* (space: Space) {
  const store = yield* Store
  const asked = yield* store.asked
  return yield* space.readingsOf(asked, yield* store.rows())
})

/** Fits a model again only where rows were added to it: a session takes none back. */
const remembering = (): Fit => {
  const laws = new Map<string, { readonly rows: number; readonly law: Law }>()
  return (question, rows, model) => {
    const known = laws.get(model)
    if (known?.rows === rows.length) return known.law
    const law = lawFor(question, rows)
    laws.set(model, { rows: rows.length, law })
    return law
  }
}

/** The runs of a round as a study of the same name. */
const roundOf = ({ name }: Study, runs: ReadonlyArray<StudyRun>): Study =>
  Study.make({ name, runs: runs.map(({ runId: _, ...run }) => run) })

/** What an adaptive study would train next, without training it; no `study` where it has ended. */
export const nextOf = Effect.fn("Sweep.next")(function* (study: Study, fit: Fit = lawFor) {
  const space = yield* spaceOf(study)
  const { adaptive } = study
  const next = nextRound(space, yield* stored(space), adaptive as Adaptive, fit)
  if (next.cheapest !== undefined) {
    const field = adaptive?.budget?.tokens === undefined ? "flops" : "tokens"
    return yield* studyError([
      problem(
        `adaptive.budget.${field}`,
        `${adaptive?.budget?.[field]} buy no run; the cheapest takes ${next.cheapest[field]}`,
      ),
    ])
  }
  const runs = yield* Effect.forEach(next.trunks, space.runOf)
  return { next, ...(runs.length === 0 ? {} : { study: roundOf(study, runs) }) }
})

/**
 * Trains an adaptive study until its question is answered or its budget spent, in rounds that are sweeps of their own, and tells what
 * happens; ends with `Adapted` and a `Summary` over all rounds. Rounds follow from what is stored: interrupted at any instant, the next
 * call ends the round that was under way and goes on as if nothing had been.
 */
export const adapt = (
  study: Study,
  options: AdaptOptions = {},
): Stream.Stream<AdaptEvent, SweepError, Backend | Store | CheckpointStore> =>
  emitting((emit) => rounds(study, options, emit))

const rounds = Effect.fn("Sweep.adapt")(function* (
  study: Study,
  options: AdaptOptions,
  emit: (event: AdaptEvent) => Effect.Effect<void>,
) {
  let total = nothing
  let number = 0
  const fit = remembering()
  const sweep = Effect.fnUntraced(function* (round: Study) {
    const made = yield* plan(round, unpruned)
    let summary: Summary | undefined
    yield* run(made, rest(options, total)).pipe(
      Stream.runForEach((event) => {
        if (event._tag !== "Summary") return emit(event)
        summary = event
        return Effect.void
      }),
    )
    total = together(total, summary ?? nothing)
  })
  const over = () => total.failed.length > 0 || total.stopped !== undefined
  const unfinished = yield* underWay(study)
  if (unfinished !== undefined) yield* sweep(unfinished)
  for (;;) {
    const { next, study: round } = yield* nextOf(study, fit)
    const { models, spent, why } = next
    if (round === undefined || over()) {
      const ended =
        total.failed.length > 0 ? "failed" : total.stopped === undefined ? (next.ended ?? "exhausted") : "stopped"
      yield* emit({ _tag: "Adapted", ended, why, rounds: number, spent, models })
      yield* emit(total)
      return
    }
    number++
    yield* emit({ _tag: "Round", number, why, runs: next.trunks.length, cost: next.cost, spent, models })
    yield* sweep(round)
  }
})

/** A round that was stopped lacks readings that were asked for. It is ended before the next one is planned. */
const underWay = Effect.fnUntraced(function* (study: Study) {
  const runs = yield* askedOf(study)
  if (runs.length === 0) return undefined
  const round = roundOf(study, runs)
  return (yield* plan(round, unpruned)).runs.length === 0 ? undefined : round
})
