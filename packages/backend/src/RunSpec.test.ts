import { createHash } from "node:crypto"
import { random, sequence } from "@ts/random"
import { Schema } from "effect"
import { describe, expect, it } from "vitest"
import { tinySpec } from "../test/tinySpec.ts"
import { bytesHash, canonicalHash, canonicalJson } from "./canonical.ts"
import { checkAssignments, checkSpec } from "./checkSpec.ts"
import { flopsPerToken, parameterCount } from "./cost.ts"
import { ModelShape, RunSpec, type RunSpecInput, runId, runIds } from "./RunSpec.ts"

const decode = Schema.decodeUnknownSync(RunSpec)
const spec = (change: Partial<RunSpecInput> = {}) => decode({ ...tinySpec, ...change })

describe("identity", () => {
  it("hashes canonical JSON with SHA-256", () => {
    // Published digest of the two bytes "{}".
    expect(canonicalHash({})).toBe("44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a")
    expect(canonicalJson({ b: [1, { d: null, c: undefined }], a: "x" })).toBe('{"a":"x","b":[1,{"d":null}]}')
    expect(() => canonicalJson({ a: Number.NaN })).toThrow(/NaN/)
  })

  it("is equal for equal meaning", () => {
    const reordered = decode(Object.fromEntries(Object.entries(tinySpec).reverse()))
    const spelledOut = spec({ model: { ...tinySpec.model, expansion_ratio: 4, no_bias: false } })
    const onePiece = spec({ batch: { kind: "steps", pieces: [{ from: 0, tokens: 64 }] } })
    for (const same of [reordered, spelledOut, onePiece]) expect(runId(same)).toBe(runId(spec()))
    expect(runId(spec({ schedule: { kind: "constant_with_warmup", warmup: 0 } }))).toBe(
      runId(spec({ schedule: { kind: "constant" } })),
    )
  })

  it("differs when any field differs", () => {
    const changes: ReadonlyArray<Partial<RunSpecInput>> = [
      { eta: 2 ** -7 },
      { seed: 2 },
      { batch: { kind: "constant", tokens: 128 } },
      { data: { ...tinySpec.data, seed: 2 } },
      { parametrisation: { kind: "standard" } },
      { optimizer: { kind: "adamw", decay: "independent", betas: [0.9, 0.99] } },
      { origin: { parent: runId(spec()), at: 256 } },
    ]
    expect(new Set([spec(), ...changes.map(spec)].map(runId)).size).toBe(changes.length + 1)
  })
})

describe("identity of many runs", () => {
  it("is that of each alone, on 500 random specs that share parts", () => {
    const draw = sequence(random(1, "specs"))
    const one = <T>(values: ReadonlyArray<T>): T => values[draw.below(values.length)]
    const parts = {
      model: [tinySpec.model, { ...tinySpec.model, d_model: 64, emb_init_std: 1 }, { ...tinySpec.model, qk_ln: true }],
      parametrisation: [
        { kind: "standard" },
        { kind: "mup", baseWidth: 32 },
        { kind: "mup", baseWidth: 32, baseHeads: 2 },
      ],
      optimizer: [
        tinySpec.optimizer,
        { kind: "sgd", decay: "independent" },
        { kind: "signum", decay: "independent", clip: null },
      ],
      schedule: [
        { kind: "constant" },
        { kind: "constant_with_warmup", warmup: 0 },
        { kind: "warmup_stable_decay", warmup: 16, decayStart: 64, horizon: 4096, shape: "1-sqrt" },
        { kind: "power", warmup: 0, knee: 1e3, exponent: -0.51 },
      ],
      batch: [
        { kind: "constant", tokens: 64 },
        { kind: "steps", pieces: [{ from: 0, tokens: 64 }] },
        {
          kind: "steps",
          pieces: [
            { from: 0, tokens: 64 },
            { from: 1024, tokens: 128 },
          ],
        },
        { kind: "power", coefficient: 0.3, exponent: 0.5, min: 64, max: 512, multiple: 16 },
      ],
      data: [tinySpec.data, { ...tinySpec.data, seed: 7, repeat: true }],
    } as const
    const shared = Object.fromEntries(
      Object.entries(parts).map(([field, values]) => [
        field,
        values.map((value) => decode({ ...tinySpec, [field]: value })[field as keyof RunSpec]),
      ]),
    )
    const id = runIds()
    for (let i = 0; i < 500; i++) {
      const some = {
        ...decode({
          ...tinySpec,
          eta: 2 ** -draw.below(20) * one([1, 1 / 3, 1e-9, 1e21]),
          seed: draw.below(2 ** 30),
          precision: one(["f32", "bf16", "f16", "f64"] as const),
          ...(draw.below(2) === 0 ? {} : { origin: { parent: "0123456789abcdef", at: 1 + draw.below(1e6) } }),
        }),
        ...Object.fromEntries(Object.entries(shared).map(([field, values]) => [field, one(values)])),
      } as RunSpec
      expect(id(some)).toBe(runId(some))
    }
  })
})

describe("bad specs", () => {
  it("names an unknown field, a negative size and a zero rate", () => {
    const strict = (value: unknown) => () =>
      Schema.decodeUnknownSync(RunSpec)(value, { onExcessProperty: "error", errors: "all" })
    expect(strict({ ...tinySpec, etta: 1 })).toThrow(/etta/)
    expect(strict({ ...tinySpec, model: { ...tinySpec.model, d_model: -64 } })).toThrow(/d_model/)
    expect(strict({ ...tinySpec, eta: 0 })).toThrow(/eta/)
    expect(strict({ ...tinySpec, version: 2 })).toThrow(/version/)
  })

  it.each<[string, Partial<RunSpecInput>, RegExp]>([
    ["model.n_heads", { model: { ...tinySpec.model, n_heads: 5 } }, /32 is not divisible by 5 heads/],
    ["batch.tokens", { batch: { kind: "constant", tokens: 8 } }, /smaller than one sequence of 16/],
    ["batch.tokens", { batch: { kind: "constant", tokens: 40 } }, /not a whole number of sequences/],
    [
      "schedule.horizon",
      { schedule: { kind: "cosine", warmup: 999, horizon: 512 } },
      /512; it must be above warmup, 999/,
    ],
    ["schedule.exponent", { schedule: { kind: "power", warmup: 0, knee: 64, exponent: 1 } }, /must be 0 or less/],
    [
      "batch.pieces[0].from",
      {
        batch: {
          kind: "steps",
          pieces: [
            { from: 16, tokens: 64 },
            { from: 64, tokens: 32 },
          ],
        },
      },
      /must be 0/,
    ],
    ["model.vocab_size", { model: { ...tinySpec.model, vocab_size: 32 } }, /smaller than the source's vocabulary/],
    ["data.tokenizer", { data: { ...tinySpec.data, tokenizer: { kind: "bytes" } } }, /goes with the tokenizer `none`/],
  ])("finds the contradiction in %s", (field, change, message) => {
    const [problem] = checkSpec(spec(change))
    expect(problem?.field).toBe(field)
    expect(problem?.message).toMatch(message)
  })

  it("refuses readings past the end and runs past a schedule's horizon", () => {
    const assignment = { spec: spec(), until: 256, evaluateAt: [512], checkpointAt: [], averages: [] }
    expect(checkAssignments("x", [assignment])?.field).toBe("evaluateAt")
    const cosine = spec({ schedule: { kind: "cosine", warmup: 64, horizon: 128 } })
    expect(checkAssignments("x", [{ ...assignment, spec: cosine, evaluateAt: [] }])?.field).toBe("until")
    expect(checkAssignments("x", [{ ...assignment, evaluateAt: [256] }])).toBeUndefined()
  })
})

describe("cost", () => {
  it("counts the parameters of the paper's three sizes", () => {
    // 24 layers, GPT-2 vocabulary, tied, no bias, no positions table: 12 L d^2 + V d plus the norms' gains.
    for (const [d, millions] of [
      [256, 31.7],
      [512, 101.2],
      [1024, 353.5],
    ] as const) {
      const model = Schema.decodeUnknownSync(ModelShape)({
        d_model: d,
        n_layers: 24,
        n_heads: d / 64,
        max_seq_len: 1024,
        vocab_size: 50257,
        positions: "rope",
        no_bias: true,
      })
      expect(parameterCount(model) - (2 * 24 + 1) * d).toBe(12 * 24 * d * d + 50257 * d)
      expect(parameterCount(model) / 1e6).toBeCloseTo(millions, 0)
      expect(flopsPerToken(model)).toBe(6 * (12 * 24 * d * d + 50257 * d) + 6 * 24 * 1024 * d)
    }
  })
})

it("hashes bytes alike on and off the event loop", async () => {
  for (const length of [0, 3, 2 ** 16 - 1, 2 ** 16, 100_000]) {
    const bytes = Uint8Array.from({ length: length + 5 }, (_, i) => i * 7).subarray(5)
    expect(await bytesHash(bytes)).toBe(createHash("sha256").update(bytes).digest("hex"))
  }
})
