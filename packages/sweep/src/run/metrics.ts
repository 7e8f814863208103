/**
 * What a sweep counts. A layer that exports Effect's metrics (OpenTelemetry, Prometheus) needs nothing else. Runs and tokens are
 * of this process since it started.
 */
import { Effect, Metric } from "effect"

const runs = Metric.counter("sweep.runs", { description: "Runs that ended, by outcome", incremental: true })
const outcomes = {
  finished: Metric.withAttributes(runs, { outcome: "finished" }),
  diverged: Metric.withAttributes(runs, { outcome: "diverged" }),
  failed: Metric.withAttributes(runs, { outcome: "failed" }),
  pruned: Metric.withAttributes(runs, { outcome: "pruned" }),
}
const readings = Metric.counter("sweep.readings", { description: "Losses and noise scales read", incremental: true })
const tokens = Metric.counter("sweep.tokens", { description: "Tokens trained", incremental: true })
const retries = Metric.counter("sweep.retries", { description: "Runs tried again after an error", incremental: true })
const appends = Metric.timer("sweep.append", { description: "Time until events are durable" })

export const measured = {
  ended: (outcome: keyof typeof outcomes) => Metric.update(outcomes[outcome], 1),
  read: (count: number) => (count === 0 ? Effect.void : Metric.update(readings, count)),
  trained: (count: number) => (count === 0 ? Effect.void : Metric.update(tokens, count)),
  retried: Metric.update(retries, 1),
  /** Times an append. */
  append: <A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
    Effect.flatMap(Effect.timed(effect), ([took, result]) => Effect.as(Metric.update(appends, took), result)),
}
