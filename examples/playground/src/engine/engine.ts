/** Opens a study, runs it, pauses it, and says what happens. */
import { Backend, type CheckpointStore, type RunId } from "@ts/backend"
import { Store, StoreError, Study, Sweep, type SweepEvent } from "@ts/sweep"
import { Cause, Effect, Exit, Fiber, Layer, ManagedRuntime, Stream } from "effect"
import { type Choice, nameOf, wantsText } from "../studies/Choice.ts"
import { presetOf } from "../studies/presets.ts"
import { findText, keepText } from "../texts/shelf.ts"
import { backendFor } from "./backends.ts"
import type { EngineOrder, EngineReport, RunMark, Trace, Trouble } from "./messages.ts"
import { paced } from "./pace.ts"

/** Between two readings of a run that one wants to watch, milliseconds. */
const WATCHABLE = 45

/** Between two words to the page, milliseconds. */
const [MOVES, ROWS] = [100, 400]

type Services = Backend | Store | CheckpointStore

const troubleOf = (error: unknown): Trouble => {
  if (!(error instanceof StoreError)) return "other"
  return error.reason === "DriverActive" || error.reason === "LostLock"
    ? "another tab"
    : error.reason === "Io"
      ? "no storage"
      : "other"
}

const failed = (cause: Cause.Cause<unknown>): EngineReport => {
  const error = Cause.squash(cause)
  const message = error instanceof Error ? error.message : String(error)
  return { is: "failed", trouble: troubleOf(error), message }
}

/** How every run stands, as the page draws it. */
const marksOf = (study: Study) =>
  Effect.map(Sweep.status(study), ({ runs }) =>
    runs.map(
      ({ run, standing, tokens, reason }): RunMark => ({
        runId: run.runId,
        batch: run.spec.batch.kind === "constant" ? run.spec.batch.tokens : 0,
        eta: run.spec.eta,
        until: Math.max(...run.horizons),
        standing,
        tokens,
        ...(reason === undefined ? {} : { reason }),
      }),
    ),
  )

/** Rows of the arithmetic at hand: a study that went on with another device has others beside them. */
export const rowsOf = Effect.fnUntraced(function* (study: Study) {
  const { numerics } = (yield* Backend).capabilities
  const ids = new Set(Object.values(numerics))
  return (yield* Store.rows(study)).filter(({ provenance }) => ids.has(provenance.numericsId ?? ""))
})

type Opening = Extract<EngineOrder, { readonly do: "open" }>

interface OpenStudy {
  readonly run: (watchable: boolean) => Promise<void>
  readonly pause: () => Promise<void>
  readonly close: () => Promise<void>
}

/** Nothing to run: what is missing has been said. */
const nothing: OpenStudy = { run: async () => {}, pause: async () => {}, close: async () => {} }

/** The text of the choice, kept from now on; `undefined` where it is not here. */
const textOf = async ({ text: ref }: Choice, given: Blob | undefined, kept: boolean): Promise<Blob | undefined> => {
  if (ref === undefined) return undefined
  if (given === undefined) return findText(ref)
  if (kept) await keepText(ref, given)
  return given
}

/** Calibration, about this long, seconds. */
const TRIAL = 1.5

/** An open study: everything about it that has a life of its own. */
const openStudy = async (
  { choice, kept, wish, text: given }: Opening,
  say: (report: EngineReport) => void,
): Promise<OpenStudy> => {
  const text = await textOf(choice, given, kept)
  const { layer, ...computing } = await backendFor(choice, { wish, text })
  if (wantsText(choice)) {
    say({ is: "opened", ...computing, runs: [] })
    return nothing
  }
  if (choice.text !== undefined && text === undefined) {
    const message = `this study is of "${choice.text.name}", which is not in this browser: choose that file again to go on.`
    say({ is: "opened", ...computing, runs: [] })
    say({ is: "failed", trouble: "no text", message })
    return nothing
  }
  const { study: made, quick } = presetOf(choice.preset)
  const study = Study.make(made(choice.settings, choice.text))
  let pause = 0
  const store = kept ? Store.sqlite(nameOf(choice)) : Store.memory
  const runtime = ManagedRuntime.make(Layer.merge(paced(() => pause)(layer), store))
  let marks = new Map<string, RunMark>()
  let running: Fiber.Fiber<unknown, unknown> | undefined

  const look = Effect.gen(function* () {
    marks = new Map((yield* marksOf(study)).map((mark) => [mark.runId, mark]))
    return { runs: [...marks.values()], rows: yield* rowsOf(study) }
  })

  const opened = look.pipe(
    Effect.tap(({ runs, rows }) =>
      Effect.sync(() => {
        say({ is: "opened", ...computing, runs })
        say({ is: "rows", rows })
      }),
    ),
  )

  const sweep = Effect.gen(function* () {
    let moved = new Set<RunId>()
    let traces: Array<Trace> = []
    let secondsLeft: number | undefined
    let news = false
    const mark = (runId: RunId, change: Partial<RunMark>) => {
      const known = marks.get(runId)
      if (known === undefined) return
      marks.set(runId, { ...known, ...change })
      moved.add(runId)
    }
    const hear = (event: SweepEvent) => {
      if (event._tag === "Progress") secondsLeft = event.secondsLeft
      if (event._tag !== "Journalled") return
      const told = event.entry.event
      switch (told._tag) {
        case "Started":
          return mark(told.runId, { standing: "running", tokens: told.tokens })
        case "Stepped":
        case "Evaluated": {
          const { runId, tokens, loss } = told
          news ||= told._tag === "Evaluated"
          traces.push({ runId, tokens, loss, of: told._tag === "Evaluated" ? "validation" : "training" })
          return mark(runId, { standing: "running", tokens })
        }
        case "Diverged":
          news = true
          return mark(told.runId, { standing: "diverged", tokens: told.tokens, reason: told.reason })
        case "Finished": {
          const { until } = marks.get(told.runId) ?? { until: 0 }
          return mark(told.runId, { standing: told.tokens >= until ? "complete" : "partial", tokens: told.tokens })
        }
        case "GivenUp":
          return mark(told.runId, { standing: "failed", reason: told.message })
      }
    }
    const tellMoves = Effect.sync(() => {
      if (moved.size === 0) return
      const runs = [...moved].map((runId) => marks.get(runId)!)
      say({ is: "moved", runs, traces, ...(secondsLeft === undefined ? {} : { secondsLeft }) })
      moved = new Set()
      traces = []
    })
    const tellRows = Effect.suspend(() => {
      if (!news) return Effect.void
      news = false
      return Effect.map(rowsOf(study), (rows) => say({ is: "rows", rows }))
    })
    yield* Effect.forkScoped(Effect.forever(Effect.delay(tellMoves, MOVES)))
    yield* Effect.forkScoped(Effect.forever(Effect.delay(tellRows, ROWS)))
    const plan = yield* Sweep.plan(study)
    say({ is: "running" })
    yield* Stream.runForEach(Sweep.run(plan), (event) => Effect.sync(() => hear(event)))
    yield* tellMoves
  }).pipe(Effect.scoped)

  /** However a sweep ended, the page hears how things stand, from the store. */
  const tellEnd = (exit: Exit.Exit<unknown, unknown>) =>
    Effect.gen(function* () {
      const { runs, rows } = yield* look
      say({ is: "moved", runs, traces: [] })
      say({ is: "rows", rows })
      if (Exit.isFailure(exit) && !Cause.hasInterruptsOnly(exit.cause)) return say(failed(exit.cause))
      const lost = runs.find(({ standing }) => standing === "failed")
      if (lost !== undefined)
        return say({ is: "failed", trouble: "other", message: lost.reason ?? "a run failed without a reason" })
      say({
        is: runs.every(({ standing }) => standing === "complete" || standing === "diverged") ? "finished" : "paused",
      })
    }).pipe(Effect.catchCause((cause) => Effect.sync(() => say(failed(cause)))))

  /** What is left would take so long; said before anybody starts it. */
  const estimate = Effect.gen(function* () {
    const plan = yield* Sweep.plan(study)
    if (plan.runs.length === 0) return undefined
    say({ is: "measuring" })
    const calibration = yield* Sweep.calibrate(plan, { seconds: TRIAL })
    return (yield* Sweep.plan(study, { calibration })).cost.seconds
  }).pipe(
    Effect.onExit((exit) =>
      Effect.sync(() => {
        const seconds = Exit.isSuccess(exit) ? exit.value : undefined
        say({ is: "measured", ...(seconds === undefined ? {} : { seconds }) })
      }),
    ),
    // What keeps it from being measured keeps the runs from going, too, and is said when they start.
    Effect.ignore,
  )
  let estimating: Fiber.Fiber<unknown, unknown> | undefined
  const stopEstimating = Effect.suspend(() =>
    estimating === undefined ? Effect.void : Effect.uninterruptible(Fiber.interrupt(estimating)),
  )

  const run = (effect: Effect.Effect<void, unknown, Services>) => runtime.runFork(Effect.onExit(effect, tellEnd))

  const exit = await runtime.runPromiseExit(opened)
  if (Exit.isFailure(exit)) {
    say(failed(exit.cause))
    await runtime.dispose()
  } else if (!quick) estimating = runtime.runFork(estimate)

  return {
    run: async (watchable: boolean) => {
      pause = watchable ? WATCHABLE : 0
      if (running?.pollUnsafe() === undefined && running !== undefined) return
      // It may be paused while it waits for the estimate to stop.
      running = run(Effect.andThen(stopEstimating, sweep))
    },
    pause: async () => {
      if (running !== undefined) await Effect.runPromise(Fiber.interrupt(running))
    },
    close: () => runtime.dispose(),
  }
}

export const makeEngine = (say: (report: EngineReport) => void) => {
  let study: Promise<OpenStudy> | undefined
  return async (order: EngineOrder): Promise<void> => {
    switch (order.do) {
      case "open":
        await (await study)?.close()
        study = openStudy(order, say)
        await study
        return
      case "run":
        return (await study)?.run(order.watchable)
      case "pause":
        return (await study)?.pause()
      case "close":
        // One that could not be opened holds nothing.
        await study?.then(
          ({ close }) => close(),
          () => {},
        )
        return say({ is: "closed" })
    }
  }
}
