import { Backend, memoryCheckpoints, RunSpec, runId } from "@ts/backend"
import { descent, LeastSquaresBackend } from "@ts/backend-least-squares"
import { Effect, Schema, Stream } from "effect"
import { known } from "../known.ts"

const spec = (change: object) =>
  Schema.decodeUnknownSync(RunSpec)({
    model: { d_model: 32, n_layers: 1, n_heads: 2, max_seq_len: 1, vocab_size: 64 },
    parametrisation: { kind: "standard" },
    optimizer: { kind: "sgd", momentum: 0, clip: null, decay: "independent" },
    eta: 0.5,
    schedule: { kind: "constant" },
    batch: { kind: "constant", tokens: 16 },
    data: {
      source: { kind: "synthetic", vocabulary: 64, order: 1, seed: 1 },
      tokenizer: { kind: "none" },
      validation: { tokens: 256, seed: 1 },
      seed: 1,
    },
    seed: 1,
    ...change,
  })

/** A trunk and a branch with a larger batch and a decayed step, averaged over the last half, with noise: the readings of both. */
const run = Effect.gen(function* () {
  const backend = yield* Backend
  const at = 2 ** 14
  const trunk = spec({})
  const schedule = { kind: "warmup_stable_decay", warmup: 0, decayStart: at, horizon: 2 * at }
  const branch = spec({
    batch: { kind: "constant", tokens: 64 },
    schedule,
    origin: { parent: runId(trunk), at },
  })
  const none = { averages: [0.9], checkpointAt: [] }
  const events = yield* Stream.runCollect(
    backend.train([{ ...none, spec: trunk, until: at, evaluateAt: [at / 2, at], checkpointAt: [at] }]),
  )
  // Some hundred readings, each with its own decay: long enough for a page to feel it.
  const evaluateAt = Array.from({ length: 128 }, (_, i) => at + (i + 1) * 128)
  const more = yield* Stream.runCollect(backend.train([{ ...none, spec: branch, until: 2 * at, evaluateAt }]))
  return [...events, ...more].flatMap((event) => (event._tag === "Evaluated" ? [event.loss] : []))
})

export default async () => {
  const one = descent({ a: 1.5, b: 2.5, modes: 100, sigma: 1, signal: 1 })
  one.advance([{ steps: 2 ** 40, gamma: 0.5, batch: 1 }])
  known("the stationary risk", one.risk(), 0.5 / 1.5, 1e-9)
  let ticks = 0
  const timer = setInterval(() => ticks++, 1)
  const problem = { a: 1.5, b: 2.5, modes: 20_000, sigma: 1, signal: 1 }
  const layer = LeastSquaresBackend.layerWith(problem, {
    average: { tail: 0.5 },
    noise: { deviation: 0.003, shared: 0.5, seed: 1 },
  })
  const losses = await Effect.runPromise(Effect.provide(run, [layer, memoryCheckpoints]))
  clearInterval(timer)
  if (losses.length !== 2 * (2 + 128)) throw new Error(`${losses.length} readings`)
  if (ticks < 2) throw new Error("the page stood still while a run was computed")
  return losses
}
