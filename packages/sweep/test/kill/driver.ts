/** A driver for the kill test: sweeps a study in a folder of real files, slowly enough to be killed. Argument: folder. */
import { NodeServices } from "@effect/platform-node"
import { fileCheckpoints } from "@ts/backend"
import { Store, Sweep } from "@ts/sweep"
import { Effect, Layer, Stream } from "effect"
import { small } from "../study.ts"
import { testBackend } from "../testBackend.ts"

const [, , folder] = process.argv

const program = Effect.gen(function* () {
  const plan = yield* Sweep.plan(small)
  process.stdout.write(`planned ${plan.cost.tokens}\n`)
  yield* Stream.runForEach(Sweep.run(plan), (event) =>
    Effect.sync(() => {
      // What is printed was acknowledged: the parent expects to find it.
      if (event._tag === "Journalled" && event.entry.event._tag === "Evaluated") {
        const { runId, requested, average, loss } = event.entry.event
        process.stdout.write(`read ${runId} ${requested} ${average} ${loss}\n`)
      }
      if (event._tag === "Summary") process.stdout.write(`done ${event.finished}\n`)
    }),
  )
})

const checkpoints = fileCheckpoints(`${folder}/checkpoints`).pipe(Layer.provide(NodeServices.layer))
const kept = Layer.mergeAll(Store.sqlite(`${folder}/study.db`), checkpoints)
const backend = testBackend({ beforeStep: () => Effect.sleep("2 millis"), checkpointEvery: 256 })
await Effect.runPromise(Effect.provide(program, Layer.provideMerge(backend, kept)))
