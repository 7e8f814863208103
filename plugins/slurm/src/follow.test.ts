import { memoryCheckpoints, type RunEvent, runId } from "@ts/backend"
import { fixtureStudy } from "@ts/backend-conformance"
import { Effect, Exit, Stream } from "effect"
import { expect, it } from "vitest"
import type { Sighting } from "./attend.ts"
import { slurmError } from "./errors.ts"
import { type Cluster, follow } from "./follow.ts"
import { type Order, ordersOf } from "./ledger.ts"

const assignment = fixtureStudy().assignment({}, { evaluateAt: [512, 1024, 2048] })
const id = runId(assignment.spec)
const order = ordersOf(
  { id: "s", folder: "/s", name: "tt-s", jobId: "7" },
  [
    {
      ...{ protocol: 1, do: "train", checkpoints: "/mirrors/1", numerics: {} },
      runs: [{ runId: id, assignment }],
    },
  ],
  [[1, 1]],
).orders[0]!

const story: ReadonlyArray<RunEvent> = [
  { _tag: "Started", runId: id, tokens: 0, numericsId: "n", synthetic: false },
  ...[512, 1024, 2048].map((requested) => ({
    ...({ _tag: "Evaluated", runId: id, tokens: requested, requested, step: requested / 64 } as const),
    ...{ average: "none", evaluation: "e", loss: 2 },
  })),
  { _tag: "Finished", runId: id, tokens: 2048, step: 32 },
]

/** A cluster that has the order already, and writes down what is done with it. */
const clusterWith = (events: Stream.Stream<Sighting, ReturnType<typeof slurmError>>, log: Array<string>) => {
  const note = (what: string) => Effect.sync(() => void log.push(what))
  let there: Order | undefined = order
  return {
    capabilities: { checkpoints: false, numerics: { f32: "n" } },
    ledger: {
      of: () => there,
      collect: () => Effect.as(note("collected"), true),
      end: () => {
        there = undefined
        return note("ended")
      },
    },
    attendance: { attend: () => events },
    ...{ checkpoints: "/checkpoints", onInterrupt: "leave" },
    remove: () => Effect.void,
    storeAt: () => Effect.succeed({ list: () => Effect.succeed([]) }),
    abandon: () => note("abandoned"),
  } as unknown as Cluster
}

const sightings = Stream.fromIterable(
  story.map((event, seq): Sighting => ({ _tag: "Said", message: { _tag: "Event", seq, event } })),
).pipe(Stream.rechunk(1))

const run = <A, E>(effect: Effect.Effect<A, E, never>) => Effect.runPromise(effect)

it("an order is collected once the last of its events has been taken", async () => {
  const log: Array<string> = []
  const taken = follow(clusterWith(sightings, log), [assignment]).pipe(
    Stream.runForEachArray((events) =>
      Effect.delay(
        Effect.sync(() => void log.push(...events.map(({ _tag }) => _tag))),
        "20 millis",
      ),
    ),
    Effect.provide(memoryCheckpoints),
  )
  await run(taken)
  expect(log).toEqual([...story.map(({ _tag }) => _tag), "collected"])
})

it("a failure of whoever listens says nothing about the order; one of its own ends it", async () => {
  const log: Array<string> = []
  const full = follow(clusterWith(sightings, log), [assignment]).pipe(
    Stream.runForEach(() => Effect.fail("the disk is full")),
    Effect.provide(memoryCheckpoints),
  )
  expect(await run(Effect.exit(full))).toEqual(Exit.fail("the disk is full"))
  expect(log).toEqual([])
  const lost = Stream.concat(sightings.pipe(Stream.take(2)), Stream.fail(slurmError("Device", "lost")))
  const failed = follow(clusterWith(lost, log), [assignment]).pipe(Stream.runDrain, Effect.provide(memoryCheckpoints))
  expect(Exit.isFailure(await run(Effect.exit(failed)))).toBe(true)
  expect(log).toEqual(["ended"])
})
