/**
 * A study composed in a program: a sweep on any backend, its progress as a stream, its rows as a law.
 *
 *     node --conditions=@ts/source main.ts
 *
 * The backend here draws losses from a declared law, so the truth is known and the whole takes a second; put
 * `CpuBackend.layer` in its place, `Store.sqlite("study.db")` for `Store.memory`, and the same study trains and is kept.
 */
import { NodeRuntime } from "@effect/platform-node"
import { defaultLaw, optimalEta, SurrogateBackend } from "@ts/backend-surrogate"
import { fitLaw, isEstimate, predict } from "@ts/fit"
import { Store, Study, Sweep } from "@ts/sweep"
import { Console, Effect, Stream } from "effect"

const study = Study.make({
  name: "sweep-example",
  model: { d_model: 64, n_layers: 2, n_heads: 2, max_seq_len: 128 },
  parametrisation: { kind: "mup", baseWidth: 64 },
  optimizer: { kind: "adamw", betas: [0.9, 0.95], weightDecay: 0, decay: "independent" },
  schedule: { kind: "constant_with_warmup", warmup: 2 ** 13 }, // tokens, like every position in a run
  batch: [2 ** 8, 2 ** 9, 2 ** 10, 2 ** 11, 2 ** 12],
  horizon: [2 ** 18, 2 ** 19, 2 ** 20],
  eta: {
    octaves: { center: { power: { of: "batch", coefficient: 2 ** -10.5, exponent: 0.4 } }, from: -2, to: 2, step: 1 },
  },
  data: { hub: "allenai/c4", config: "en", text: "text", tokenizer: { bpe: 1024 } },
  seeds: [1, 2],
})

const program = Effect.gen(function* () {
  const plan = yield* Sweep.plan(study) // runs, tokens, FLOPs, bytes and time on this backend
  yield* Console.log(`${plan.cost.runs} runs, ${plan.cost.readings} readings`)
  yield* Sweep.run(plan).pipe(
    Stream.runForEach((event) =>
      event._tag === "Summary" ? Console.log(`${event.finished} finished, ${event.diverged} diverged`) : Effect.void,
    ),
  )
  return fitLaw(yield* Store.rows(study))
})

/** The law's own optimum and what the study found, at one cell. */
const compare = Effect.gen(function* () {
  const law = yield* program
  for (const cell of law.cells.filter(({ tokens }) => tokens === 2 ** 20)) {
    const truth = Math.log2(optimalEta(defaultLaw, cell.batch, cell.tokens)).toFixed(2)
    const found = isEstimate(cell.eta) ? Math.log2(cell.eta.value).toFixed(2) : cell.eta.message
    yield* Console.log(`batch ${cell.batch}: log2 eta* = ${found}, the truth is ${truth}`)
  }
  const { eta, method } = predict(law, { tokens: 2 ** 23, batch: 2 ** 12 })
  yield* Console.log(isEstimate(eta) ? `2^23 tokens: eta = ${eta.value.toExponential(2)}. ${method}` : eta.message)
})

compare.pipe(Effect.provide([SurrogateBackend.layer, Store.memory]), NodeRuntime.runMain)
