/** The fork tree on a backend that really trains: the reference device, at sizes of no use but this. */
import { assert, describe, it } from "@effect/vitest"
import { DataSource } from "@ts/data"
import { isEstimate, localRecovery } from "@ts/fit"
import { referenceDevice } from "@ts/program"
import { Store, Study, Sweep } from "@ts/sweep"
import { trainerBackend } from "@ts/trainer"
import { Effect, Layer, Stream } from "effect"
import { kept } from "./harness.ts"

const reference = trainerBackend({ name: "reference", device: referenceDevice() }).pipe(
  Layer.provide(DataSource.layer()),
  Layer.orDie,
)

const fields = {
  name: "trained",
  model: { d_model: 8, n_layers: 1, n_heads: 2, max_seq_len: 8, vocab_size: 16, expansion_ratio: 2 },
  parametrisation: { kind: "mup", baseWidth: 8 },
  optimizer: { kind: "adamw", decay: "independent", weightDecay: 0.01 },
  schedule: { kind: "constant_with_warmup", warmup: 64 },
  batch: 32,
  horizon: [320, 640],
  eta: 2 ** -5,
  data: { synthetic: { vocabulary: 16, order: 1, seed: 1 }, validation: { tokens: 256, seed: 1 } },
  precision: "f64",
} as const

/** A ramp whose steps do not fall on the decays' beginnings. */
const ramp = {
  kind: "steps",
  pieces: [
    { from: 0, tokens: 16 },
    { from: 200, tokens: 48 },
  ],
} as const

const train = (study: Study) => Effect.flatMap(Sweep.plan(study), (plan) => Stream.runDrain(Sweep.run(plan)))

describe("on the reference device", () => {
  it.effect("a decayed reading is that of a run with the schedule from its start, to the last bit", () =>
    Effect.gen(function* () {
      const decays = [{ share: 0.3, shape: "1-sqrt" }] as const
      const batch = [32, ramp]
      const tree = Study.make({ ...fields, batch, decays })
      yield* train(tree)
      const rows = yield* Store.rows(tree)
      const whole = Study.make({
        ...fields,
        batch,
        schedule: {
          kind: "warmup_stable_decay",
          warmup: 64,
          shape: "1-sqrt",
          decayStart: { power: { of: "horizon", coefficient: 0.7, exponent: 1, multipleOf: 1 } },
        },
      })
      const readings = (found: typeof rows) =>
        found
          .toSorted((a, b) => a.batch - b.batch || a.tokens - b.tokens)
          .map(({ tokens, batch, steps, warmupSteps, loss }) => [batch, tokens, steps, warmupSteps, loss])
      const straight = yield* Effect.provide(Effect.andThen(train(whole), Store.rows(whole)), kept, { local: true })
      const decayed = rows.filter(({ average }) => /decayed:0.3:1-sqrt$/.test(average))
      assert.deepStrictEqual(readings(decayed), readings(straight))
      assert.deepStrictEqual(decayed.map(({ average }) => average.replace(/[0-9a-f]{8}/, "")).sort(), [
        "decayed:0.3:1-sqrt",
        "decayed:0.3:1-sqrt",
        "ramp:+decayed:0.3:1-sqrt",
        "ramp:+decayed:0.3:1-sqrt",
      ])
      const losses = new Set(rows.map(({ loss }) => loss))
      assert.strictEqual(losses.size, 8)
    }).pipe(Effect.provide(Layer.provideMerge(reference, kept))),
  )

  it.effect("branches with other batches give the critical batch of local recovery", () =>
    Effect.gen(function* () {
      const branches = { at: [320], factors: [2, 4, 8], for: 512, readings: 2 }
      const study = Study.make({ ...fields, seeds: [1, 2], horizon: 640, branches })
      yield* train(study)
      const [recovery, ...others] = yield* Store.recoveries(study)
      assert.strictEqual(others.length, 0)
      assert.deepStrictEqual(
        recovery.branches.map(({ factor, seed, readings }) => [factor, seed, readings.map(({ tokens }) => tokens)]),
        [1, 2, 4, 8].flatMap((factor) => [1, 2].map((seed) => [factor, seed, [256, 512]])),
      )
      const found = localRecovery(recovery.branches, recovery)
      assert.deepStrictEqual(
        found.branches.map(({ batch }) => batch),
        [32, 64, 128, 256],
      )
      // In 512 tokens a batch of 256 takes two steps: it cannot keep up with sixteen of 32 unless there is nothing to learn.
      assert.isFalse(found.branches.at(-1)!.recovers)
      if (isEstimate(found.batch)) assert.include([64, 128], found.batch.value)
      // The trunk is read where its branches are, and its profile is not touched by either.
      assert.deepStrictEqual(
        (yield* Store.rows(study)).map(({ tokens, batch, average }) => [tokens, batch, average]),
        [
          [640, 32, "none"],
          [640, 32, "none"],
        ],
      )
    }).pipe(Effect.provide(Layer.provideMerge(reference, kept))),
  )
})
