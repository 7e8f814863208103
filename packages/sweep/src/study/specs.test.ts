/** The quick way from cells to runs against the slow one: every combination by hand, decoded and named alone. */
import { assert, describe, it } from "@effect/vitest"
import { RunSpec, type RunSpecInput, runId } from "@ts/backend"
import { random, sequence } from "@ts/random"
import { Study, type StudyInput } from "@ts/sweep"
import { Effect, Schema } from "effect"

const base = {
  model: { d_model: 32, n_layers: 1, n_heads: 2, max_seq_len: 16, vocab_size: 64 },
  parametrisation: { kind: "standard" },
  optimizer: { kind: "adamw", decay: "independent" },
  schedule: { kind: "constant" },
  batch: 64,
  eta: 0.01,
  data: {
    source: { kind: "synthetic", vocabulary: 64, order: 1, seed: 1 },
    tokenizer: { kind: "none" },
    validation: { tokens: 512, seed: 1 },
    seed: 1,
  },
  precision: "f32",
  horizon: [2048, 4096],
} as const

/** Fields that may vary, with all the values they may take. */
const axes: Readonly<Record<string, ReadonlyArray<unknown>>> = {
  "model.d_model": [32, 64, 128],
  "model.positions": ["alibi", "rope"],
  "model.init_gain": [0.5, 1],
  parametrisation: [
    { kind: "standard" },
    { kind: "mup", baseWidth: 32 },
    { kind: "completep", baseWidth: 32, baseDepth: 1, alpha: 0.5 },
  ],
  "optimizer.weightDecay": [0, 0.1],
  "optimizer.clip": [null, 1],
  schedule: [
    { kind: "constant" },
    { kind: "constant_with_warmup", warmup: 128 },
    { kind: "power", warmup: 64, knee: 512, exponent: -0.5 },
  ],
  batch: [
    64,
    128,
    { kind: "power", coefficient: 2, exponent: 0.5, min: 32, max: 256, multiple: 16 },
    {
      kind: "steps",
      pieces: [
        { from: 0, tokens: 32 },
        { from: 640, tokens: 64 },
      ],
    },
  ],
  eta: [1e-3, 0.01, 1 / 3],
  "data.seed": [1, 2],
  "data.repeat": [true, false],
  seed: [1, 2, 7],
  precision: ["f32", "f64"],
}

const put = (document: Record<string, unknown>, path: string, value: unknown) => {
  const parts = path.split(".")
  let at = document
  for (const part of parts.slice(0, -1)) at = at[part] as Record<string, unknown>
  at[parts.at(-1)!] = value
}

const copy = () => JSON.parse(JSON.stringify(base)) as Record<string, unknown>

/** Ids of every combination of what varies. */
const slowly = (varied: ReadonlyArray<readonly [path: string, values: ReadonlyArray<unknown>]>) => {
  let specs = [{ ...copy(), seed: 1 }]
  for (const [path, values] of varied) {
    specs = specs.flatMap((spec) =>
      values.map((value) => {
        const next = JSON.parse(JSON.stringify(spec))
        put(next, path, value)
        return next
      }),
    )
  }
  return specs.map(({ horizon: _, batch, ...spec }: Record<string, unknown>) => {
    const schedule = typeof batch === "number" ? { kind: "constant", tokens: batch } : batch
    return runId(Schema.decodeUnknownSync(RunSpec)({ ...spec, batch: schedule } as RunSpecInput))
  })
}

describe("grids written out", () => {
  it("are every combination, decoded and named as each alone, in 40 random studies", () => {
    const draw = sequence(random(3, "grids"))
    for (let round = 0; round < 40; round++) {
      const study = copy()
      const varied: Array<readonly [string, ReadonlyArray<unknown>]> = []
      for (const [path, values] of Object.entries(axes)) {
        if (draw.below(3) !== 0) continue
        const some = values.slice(0, 1 + draw.below(values.length))
        varied.push([path, some])
        put(study, path === "seed" ? "seeds" : path, some)
      }
      // Fields come in any order.
      const shuffled = Object.fromEntries(
        Object.entries(study)
          .map((entry) => [draw.below(2 ** 30), entry] as const)
          .sort(([a], [b]) => a - b)
          .map(([, entry]) => entry),
      )
      const { runs } = Effect.runSync(Study.expand(Study.make(shuffled as unknown as StudyInput)))
      assert.deepStrictEqual(runs.map((run) => run.runId).sort(), [...new Set(slowly(varied))].sort())
      for (const { runId: id, spec, horizons } of runs) {
        assert.strictEqual(id, runId(spec))
        assert.deepStrictEqual(spec, Schema.decodeUnknownSync(RunSpec)(spec))
        assert.deepStrictEqual(horizons, [2048, 4096])
      }
    }
  })
})
