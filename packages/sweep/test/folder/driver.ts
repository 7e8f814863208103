/** Sweeps the small study in a folder, slowly. Argument: the folder. */
import { Store, Sweep } from "@ts/sweep"
import { Effect, Layer, Stream } from "effect"
import { small } from "../study.ts"
import { testBackend } from "../testBackend.ts"

const backend = testBackend({ beforeStep: () => Effect.sleep("4 millis"), checkpointEvery: 256 })
const layers = Layer.provideMerge(backend, Store.sqlite(`${process.argv[2]}/study.db`))
const program = Effect.flatMap(Sweep.plan(small), (plan) => Stream.runDrain(Sweep.run(plan)))
await Effect.runPromise(Effect.provide(program, layers))
