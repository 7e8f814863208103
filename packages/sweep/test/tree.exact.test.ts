/** The fork tree where every number is known: on least squares. */
import { assert, describe, it } from "@effect/vitest"
import { type Descent, descent, LeastSquaresBackend } from "@ts/backend-least-squares"
import { Store, Study } from "@ts/sweep"
import { Effect } from "effect"
import { kept, sweep } from "./harness.ts"
import { studyInput } from "./study.ts"

const problem = { a: 1.5, b: 2.5, modes: 2000, sigma: 1, signal: 1 }
const fields = {
  ...studyInput,
  optimizer: { kind: "sgd", momentum: 0, clip: null, decay: "independent" },
  schedule: { kind: "constant" },
  batch: 32,
  eta: 0.5,
  horizon: [2 ** 13, 2 ** 14],
  seeds: 1,
} as const
const tree = Study.make({
  ...fields,
  decays: [{ share: 0.25 }],
  branches: { at: [2 ** 13], for: 2 ** 10, factors: [4] },
})
const whole = Study.make({
  ...fields,
  horizon: 2 ** 14,
  schedule: { kind: "warmup_stable_decay", warmup: 0, decayStart: 3 * 2 ** 12 },
})

const rowsOf = (study: Study) => Effect.provide(Effect.andThen(sweep(study), Store.rows(study)), kept, { local: true })
const loss = (run: Descent) => (1 + run.risk()) / 2

describe("the fork tree on least squares", () => {
  it.effect("has the exact losses of its trunk and its decayed readings", () =>
    Effect.gen(function* () {
      const rows = yield* rowsOf(tree)
      const at = (tokens: number, average: string) =>
        rows.find((row) => row.tokens === tokens && row.average === average)!.loss
      for (const T of [2 ** 13, 2 ** 14]) {
        const [n, decay] = [T / 32, T / 128]
        const run = descent(problem)
        run.advance([{ steps: n - decay, gamma: 0.5, batch: 32 }])
        const limb = run.copy()
        run.advance([{ steps: decay, gamma: 0.5, batch: 32 }])
        for (let t = 1; t <= decay; t++) limb.advance([{ steps: 1, gamma: 0.5 * (1 - t / decay), batch: 32 }])
        assert.closeTo(at(T, "none"), loss(run), 1e-13)
        assert.closeTo(at(T, "decayed:0.25:linear"), loss(limb), 1e-13)
      }
    }).pipe(Effect.provide(LeastSquaresBackend.layerWith(problem))),
  )

  it.effect("has, decayed, the very numbers of a run that was to decay from the start, whatever is averaged", () =>
    Effect.forEach(["last", "uniform", { tail: 0.5 }] as const, (average) =>
      Effect.gen(function* () {
        const limb = (yield* rowsOf(tree)).find(
          ({ tokens, average }) => tokens === 2 ** 14 && average.startsWith("decayed"),
        )
        const [run] = yield* rowsOf(whole)
        assert.strictEqual(limb!.loss, run!.loss)
      }).pipe(Effect.provide(LeastSquaresBackend.layerWith(problem, { average }))),
    ),
  )

  it.effect("has the exact losses of its branches with a larger batch, beside the trunk's at the same tokens", () =>
    Effect.gen(function* () {
      const [{ branches }] = yield* Effect.provide(Effect.andThen(sweep(tree), Store.recoveries(tree)), kept, {
        local: true,
      })
      const from = descent(problem)
      from.advance([{ steps: 2 ** 8, gamma: 0.5, batch: 32 }])
      assert.deepStrictEqual(
        branches.map(({ factor, eta }) => [factor, eta]),
        [
          [1, 0.5],
          [4, 2],
        ],
      )
      for (const { factor, eta, readings } of branches) {
        const run = from.copy()
        assert.deepStrictEqual(
          readings.map(({ tokens }) => tokens),
          [256, 512, 768, 1024],
        )
        for (const reading of readings) {
          run.advance([{ steps: 8 / factor, gamma: eta, batch: 32 * factor }])
          assert.closeTo(reading.loss, loss(run), 1e-13)
        }
      }
    }).pipe(Effect.provide(LeastSquaresBackend.layerWith(problem))),
  )
})
