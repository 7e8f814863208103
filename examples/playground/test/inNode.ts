/** The same study in Node. */
import type { Row } from "@ts/fit"
import { Store, Study, Sweep } from "@ts/sweep"
import { Effect, Layer, Stream } from "effect"
import { backendFor } from "../src/engine/backends.ts"
import type { Choice } from "../src/studies/Choice.ts"
import { presetOf } from "../src/studies/presets.ts"

export const rowsInNode = async (choice: Choice, text?: Blob): Promise<ReadonlyArray<Row>> => {
  const study = Study.make(presetOf(choice.preset).study(choice.settings, choice.text))
  const { layer } = await backendFor(choice, { text, wish: "processor" })
  const program = Effect.gen(function* () {
    yield* Stream.runDrain(Sweep.run(yield* Sweep.plan(study)))
    return yield* Store.rows(study)
  })
  return Effect.runPromise(Effect.provide(program, Layer.merge(layer, Store.memory)))
}
