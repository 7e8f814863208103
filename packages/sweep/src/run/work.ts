/** Hands bundles to workers until nothing is left that can be started. */
import { Backend, type CheckpointStore } from "@ts/backend"
import { Clock, Effect, type Exit, Queue } from "effect"
import type { StoreError } from "../errors.ts"
import { boundaryOf } from "../plan/boundary.ts"
import type { Store } from "../store/Store.ts"
import { makePurse, type Stopped } from "./budget.ts"
import { runBundle } from "./bundle.ts"
import type { Cells } from "./cells.ts"
import type { Clearing } from "./clear.ts"
import { type BundleContext, giveUp, note } from "./context.ts"
import { flopsTo, isSettled, type Lane, tokensTo } from "./lane.ts"
import { measured } from "./metrics.ts"
import type { Tally } from "./progress.ts"
import { makeQueue } from "./queue.ts"
import { goalOf, makeSpeed, stageSecondsOf } from "./stages.ts"

const elapsedSince = (start: bigint) => Effect.map(Clock.monotonicTimeNanos, (now) => Number(now - start) / 1e9)

/** Gives the reason when it stopped with work left. */
export const work = Effect.fnUntraced(function* (
  lanes: ReadonlyArray<Lane>,
  cells: Cells,
  clearing: Clearing,
  tally: Tally,
  context: BundleContext,
): Effect.fn.Return<Stopped | undefined, StoreError, Backend | Store | CheckpointStore> {
  const { capabilities } = yield* Backend
  const { options } = context
  const workers = Math.max(1, capabilities.concurrency)
  const queue = makeQueue(workers, capabilities.maxLanes)
  const speed = makeSpeed(capabilities.flopsPerSecond)
  const purse = makePurse(options.budget ?? {})
  const began = yield* Clock.monotonicTimeNanos
  /** What did not reach for the run next in line. */
  let spent: Stopped["of"] | undefined

  /** After a bundle, or where a run ends without one. */
  const leave = Effect.fnUntraced(function* (
    lane: Lane,
  ): Effect.fn.Return<void, StoreError, Backend | CheckpointStore> {
    tally.count(lane)
    for (const [branch, message] of queue.release(lane)) {
      if (lane.status === "failed") yield* giveUp(context, branch, message)
      else {
        // It shares its trunk's fate, which is in the journal.
        branch.status = lane.status
        branch.message = message
      }
      yield* leave(branch)
    }
    if (!isSettled(lane)) return queue.add(lane)
    yield* measured.ended(lane.status as Exclude<Lane["status"], "waiting" | "running">)
    yield* clearing.leave(lane)
  })

  const prune = Effect.fnUntraced(function* (lane: Lane, reason: string) {
    const { run, stops } = lane
    const read = run.horizons.filter((horizon) => horizon < stops[0]!).map((horizon) => boundaryOf(run.spec, horizon))
    lane.status = "pruned"
    lane.message = reason
    yield* note(context, lane, { _tag: "Pruned", runId: run.runId, tokens: Math.max(lane.tokens, ...read), reason })
    yield* leave(lane)
  })

  /** As many of the lanes as the budget reaches for are on their way to the same goal; gives the tokens put aside for them. */
  const afford = Effect.fnUntraced(function* (bundle: Array<Lane>) {
    const [first] = bundle
    const stageSeconds = stageSecondsOf(options.stageSeconds, capabilities.startupSeconds)
    const goal = goalOf(first!.stops, (stop) => speed.secondsFor(flopsTo(first!, stop)), stageSeconds)
    const seconds = yield* elapsedSince(began)
    while (bundle.length > 0) {
      const tokens = bundle.reduce((sum, lane) => sum + tokensTo(lane, goal), 0)
      const flops = bundle.reduce((sum, lane) => sum + flopsTo(lane, goal), 0)
      spent = purse.reserve(tokens, seconds, speed.seenFor(flops))
      if (spent === undefined) {
        for (const lane of bundle) {
          lane.goal = goal
          lane.status = "running"
        }
        return { tokens, flops }
      }
      queue.add(bundle.pop()!)
    }
    return { tokens: 0, flops: 0 }
  })

  const train = Effect.fnUntraced(function* (bundle: ReadonlyArray<Lane>, aside: { tokens: number; flops: number }) {
    const start = yield* Clock.monotonicTimeNanos
    const trained = yield* runBundle(bundle, context).pipe(
      Effect.withSpan("Sweep.bundle", {
        attributes: {
          "sweep.runs": bundle.map(({ run }) => run.runId),
          "sweep.horizon": bundle[0]!.goal,
          "sweep.tokens": aside.tokens,
        },
      }),
    )
    purse.settle(aside.tokens, trained)
    const share = aside.tokens === 0 ? 0 : trained / aside.tokens
    speed.saw(share * aside.flops, yield* elapsedSince(start))
    yield* Effect.forEach(bundle, leave, { discard: true })
  })

  for (const lane of lanes) queue.add(lane)
  // Workers end before the session is given back.
  yield* Effect.scoped(
    Effect.gen(function* () {
      const ended = yield* Queue.unbounded<Exit.Exit<void, StoreError>>()
      let busy = 0
      for (;;) {
        while (busy < workers && spent === undefined) {
          const bundle: Array<Lane> = []
          const taken = queue.take()
          if (taken.length === 0) break
          for (const lane of taken) {
            const reason = cells.verdict(lane)
            if (reason === undefined) bundle.push(lane)
            else yield* prune(lane, reason)
          }
          if (bundle.length === 0) continue
          const aside = yield* afford(bundle)
          if (bundle.length === 0) break
          busy++
          yield* train(bundle, aside).pipe(
            Effect.exit,
            Effect.flatMap((exit) => Queue.offer(ended, exit)),
            Effect.forkScoped,
          )
        }
        if (busy === 0) return
        yield* yield* Queue.take(ended)
        busy--
        // It may have taken less than was put aside for it.
        spent = undefined
      }
    }),
  )
  const runsLeft = lanes.filter((lane) => !isSettled(lane)).length
  if (spent === undefined || runsLeft === 0) return undefined
  return {
    _tag: "BudgetSpent",
    of: spent,
    limit: options.budget![spent]!,
    spent: spent === "tokens" ? purse.spent() : yield* elapsedSince(began),
    runsLeft,
  }
})
