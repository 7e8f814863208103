/** What a layer that exports spans and metrics gets to see, and who follows the journal. */
import { assert, it } from "@effect/vitest"
import { type JournalEntry, Store } from "@ts/sweep"
import { Effect, Fiber, Metric, Stream, Tracer } from "effect"
import { finish, journal, kept, pass, sweepOn } from "./harness.ts"
import { withFields } from "./study.ts"
import { failing } from "./testBackend.ts"

const study = withFields({ eta: [0.01, 4], seeds: 1 })

it.effect("spans: the sweep, in it its bundles, in them their attempts; metrics: what was done", () =>
  Effect.gen(function* () {
    const spans: Array<Tracer.Span> = []
    const tracer = Tracer.make({
      span: (options) => {
        const span = new Tracer.NativeSpan(options)
        spans.push(span)
        return span
      },
    })
    const fail = yield* failing(1, 1024)
    const fiber = yield* Effect.forkChild(sweepOn({ beforeStep: fail }, study).pipe(Effect.withTracer(tracer)))
    yield* finish(fiber)

    const named = (name: string) => spans.filter((span) => span.name === name)
    const above = ({ parent }: Tracer.Span) =>
      parent._tag === "Some" && parent.value._tag === "Span" ? parent.value.name : ""
    const [root] = named("Sweep.run")
    assert.deepInclude(Object.fromEntries(root.attributes), {
      "sweep.study": "small",
      "sweep.backend": "chain",
      "sweep.runs": 6,
    })
    assert.strictEqual(named("Sweep.bundle").length, 6)
    assert.strictEqual(named("Sweep.attempt").length, 7)
    assert.isTrue(named("Sweep.bundle").every((span) => above(span) === "Sweep.run"))
    assert.isTrue(named("Sweep.attempt").every((span) => above(span) === "Sweep.bundle"))
    const runIds = new Set(named("Sweep.bundle").flatMap((span) => span.attributes.get("sweep.runs") as Array<string>))
    assert.strictEqual(runIds.size, 6)
    assert.isTrue(spans.every(({ status }) => status._tag === "Ended"))
    assert.notInclude(spans.map(({ name }) => name).join(), "sql")

    const metrics = yield* Metric.snapshot
    const count = (id: string, outcome?: string) =>
      metrics
        .filter((metric) => metric.id === id && (outcome === undefined || metric.attributes?.["outcome"] === outcome))
        .reduce((sum, { state }) => sum + Number((state as { count: number | bigint }).count), 0)
    assert.strictEqual(count("sweep.runs", "finished"), 3)
    assert.strictEqual(count("sweep.runs", "diverged"), 3)
    assert.strictEqual(count("sweep.readings"), 6)
    assert.strictEqual(count("sweep.retries"), 1)
    // Three runs to 2048, three to 512; the one that failed at 1024 goes on from its checkpoint there.
    assert.strictEqual(count("sweep.tokens"), 3 * 2048 + 3 * 512)
    assert.isAbove(count("sweep.append"), 6)
  }).pipe(Effect.provideService(Metric.MetricRegistry, new Map()), Effect.provide(kept)),
)

it.effect("whoever follows the journal hears all of it, in order, while it is written", () =>
  Effect.gen(function* () {
    const store = yield* Store
    const heard: Array<JournalEntry> = []
    const follower = yield* Effect.forkChild(
      Stream.runForEach(store.follow(2, "1 second"), (entry) => Effect.sync(() => void heard.push(entry))),
    )
    yield* finish(yield* Effect.forkChild(sweepOn({ beforeStep: () => Effect.sleep("100 millis") }, study)))
    yield* pass(2)
    assert.deepStrictEqual(heard, (yield* journal).slice(2))
    yield* Fiber.interrupt(follower)
  }).pipe(Effect.provide(kept)),
)
