/**
 * A study that chooses its own learning rates: it asks for the growth of the critical batch, starts five octaves off, and stops when
 * the exponent is known to +-0.15. Then its advice is put to the test: a batch that follows the fitted critical batch.
 *
 *     node --conditions=@ts/source main.ts
 *
 * The backend draws losses from a declared law whose exponent is 1, so that the answer can be checked; put `CpuBackend.layer` in its
 * place, and `Store.sqlite("study.db")` for `Store.memory`, and the same study trains, survives a kill, and goes on.
 */
import { NodeRuntime } from "@effect/platform-node"
import { SurrogateBackend } from "@ts/backend-surrogate"
import { fitLaw, isEstimate } from "@ts/fit"
import { batchRamp, Store, Study, Sweep } from "@ts/sweep"
import { Console, Effect, Layer, Stream } from "effect"

const study = Study.make({
  name: "adaptive-example",
  model: { d_model: 64, n_layers: 2, n_heads: 4, max_seq_len: 64, vocab_size: 256 },
  parametrisation: { kind: "mup", baseWidth: 64 },
  optimizer: { kind: "adamw", decay: "independent" },
  schedule: { kind: "constant" },
  data: { synthetic: { vocabulary: 256, order: 1, seed: 1 } },
  batch: [2 ** 11, 2 ** 12, 2 ** 13, 2 ** 14, 2 ** 15], // tokens, like every batch and horizon
  horizon: [2 ** 20, 2 ** 21, 2 ** 22, 2 ** 23],
  eta: 2 ** -11, // a guess
  adaptive: { question: { exponent: "peak", within: 0.15 }, budget: { tokens: 2e9 } },
})

const program = Effect.gen(function* () {
  yield* Sweep.adapt(study).pipe(
    Stream.runForEach((event) => {
      switch (event._tag) {
        case "Round":
          return Console.log(`round ${event.number}: ${event.runs} runs, ${event.cost.tokens} tokens; ${event.why}`)
        case "Adapted":
          return Console.log(`${event.ended} after ${event.spent.tokens} tokens: ${event.why}`)
        default:
          return Effect.void
      }
    }),
  )
  const law = fitLaw(yield* Store.rows(study))
  const { exponent } = law.powerLaws.peakBatch
  if (!isEstimate(exponent)) return yield* Console.log(exponent.message)
  const { low, high } = exponent.interval!
  yield* Console.log(`B_crit grows as T^${exponent.value.toFixed(2)} (90 %: ${low.toFixed(2)} to ${high.toFixed(2)})`)
  const ramp = batchRamp(law, { follows: "peak", share: 0.5, min: 64, max: 2 ** 15, multiple: 64 })
  yield* Console.log("schedule" in ramp ? `a ramp to test it: ${JSON.stringify(ramp.schedule)}` : ramp.message)
})

NodeRuntime.runMain(Effect.provide(program, Layer.merge(SurrogateBackend.layer, Store.memory)))
