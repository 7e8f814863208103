import { referenceDevice } from "@ts/program"
import { describe, expect, it } from "vitest"
import { initialise, type LaneOptimizer, laneScalars, type MptParametrisation, mpt, parametrise } from "./index.ts"
import type { InitShape, MptShape } from "./shape.ts"
import { training } from "./training.ts"

const shape: MptShape & InitShape = {
  d_model: 64,
  n_layers: 2,
  n_heads: 4,
  max_seq_len: 8,
  vocab_size: 32,
  expansion_ratio: 4,
  no_bias: false,
  tie_word_embeddings: false,
  positions: "learned",
  rope_theta: 10000,
  qk_ln: false,
  norm_eps: 1e-5,
  init_gain: 1,
  zero_readout: false,
}
const adamw = { kind: "adamw", betas: [0.9, 0.95], eps: 1e-8, decay: "coupled-to-lr", clip: 1 } as const
const std = (values: Float32Array) => Math.sqrt(values.reduce((sum, x) => sum + x * x, 0) / values.length)
const draw = (parametrisation: MptParametrisation, change: Partial<typeof shape> = {}, seed = 1) => {
  const full = { ...shape, ...change }
  return initialise(mpt(full), parametrise(full, parametrisation), seed)
}

describe("initial weights", () => {
  it("have the stated standard deviations", () => {
    const found = draw({ kind: "mup", baseWidth: 16 }, { d_model: 256, init_gain: 2 })
    const expected: Readonly<Record<string, number>> = {
      "transformer.wte.weight": 2 / Math.sqrt(16),
      "transformer.wpe.weight": 2 / Math.sqrt(16),
      "transformer.blocks.0.attn.Wqkv.weight": 2 / Math.sqrt(256),
      "transformer.blocks.1.attn.out_proj.weight": 2 / Math.sqrt(256) / Math.sqrt(4),
      "transformer.blocks.1.ffn.up_proj.weight": 2 / Math.sqrt(256),
      "transformer.blocks.1.ffn.down_proj.weight": 2 / Math.sqrt(1024) / Math.sqrt(4),
      // muP leaves the readout as at the base shape: the logit multiplier shrinks it.
      "lm_head.weight": 2 / Math.sqrt(16),
    }
    for (const [name, value] of Object.entries(expected)) {
      const values = found.get(name)!
      // Standard error of a standard deviation: 1 / sqrt(2 n).
      expect(Math.abs(std(values) / value - 1), name).toBeLessThan(5 / Math.sqrt(2 * values.length))
    }
    expect(new Set(found.get("transformer.norm_f.weight"))).toEqual(new Set([1]))
    expect(new Set(found.get("transformer.blocks.0.ffn.up_proj.bias"))).toEqual(new Set([0]))
  })

  it("standard embeddings follow the width; CompleteP's projections are not divided by depth", () => {
    expect(std(draw({ kind: "standard" }).get("transformer.wte.weight")!)).toBeCloseTo(1 / 8, 2)
    const completep = draw({ kind: "completep", baseWidth: 64, baseDepth: 2, alpha: 1 })
    expect(std(completep.get("transformer.blocks.0.attn.out_proj.weight")!)).toBeCloseTo(1 / 8, 2)
  })

  it("are the same draws, scaled, for one seed", () => {
    const name = "transformer.blocks.0.attn.Wqkv.weight"
    const [a, b] = [draw({ kind: "mup", baseWidth: 64 }), draw({ kind: "mup", baseWidth: 64 }, { init_gain: 2 })]
    expect(b.get(name)).toEqual(a.get(name)!.map((x) => 2 * x))
    expect(draw({ kind: "mup", baseWidth: 64 }, {}, 2).get(name)).not.toEqual(a.get(name))
  })

  it("zero the untied readout when asked", () => {
    const found = draw({ kind: "mup", baseWidth: 16 }, { zero_readout: true })
    expect(std(found.get("lm_head.weight")!)).toBe(0)
    expect(std(found.get("transformer.wte.weight")!)).toBeGreaterThan(0)
  })
})

describe("at the base shape", () => {
  const same: ReadonlyArray<readonly [MptParametrisation, MptParametrisation]> = [
    [{ kind: "mup", baseWidth: 64 }, { kind: "standard" }],
    [{ kind: "mup", baseWidth: 64, baseHeads: 4 }, { kind: "standard" }],
  ]
  it.each(same)("%j equals %j bit for bit", (a, b) => {
    for (const change of [{}, { tie_word_embeddings: true }, { d_model: 64, n_heads: 2 }]) {
      const full = { ...shape, ...change }
      if ("baseHeads" in a && full.n_heads !== 4) continue
      const optimizers: LaneOptimizer[] = [adamw, { kind: "sgd", momentum: 0.9, decay: "independent", clip: null }]
      for (const optimizer of optimizers) {
        expect(laneScalars(parametrise(full, a), optimizer)).toEqual(laneScalars(parametrise(full, b), optimizer))
      }
      expect(draw(a, change)).toEqual(draw(b, change))
    }
  })

  it("CompleteP has multipliers of 1", () => {
    const plan = parametrise(shape, { kind: "completep", baseWidth: 64, baseDepth: 2, alpha: 1 })
    const values = laneScalars(plan, adamw)
    expect(values).toEqual(laneScalars(parametrise(shape, { kind: "standard" }), adamw))
  })
})

describe("laneScalars", () => {
  it("gives a device every scalar that a step does not carry", () => {
    const optimizers: LaneOptimizer[] = [
      adamw,
      { kind: "sgd", momentum: 0.9, decay: "independent", clip: null },
      { kind: "signum", momentum: 0.9, decay: "independent", clip: 0.5 },
    ]
    for (const optimizer of optimizers) {
      const { scalars, stepScalars } = training(mpt(shape), optimizer.kind, ["slow"])
      const plan = parametrise(shape, { kind: "mup", baseWidth: 16 })
      const given = Object.keys(laneScalars(plan, optimizer, { slow: 0.99 }))
      expect(given.sort()).toEqual(scalars.filter((name) => !stepScalars.includes(name)).sort())
    }
  })

  it("under muP: 1/r rates for hidden weights, decay per step independent of width", () => {
    const plan = parametrise({ ...shape, d_model: 128 }, { kind: "mup", baseWidth: 32 })
    const hidden = "transformer.blocks.0.attn.Wqkv.weight"
    const coupled = laneScalars(plan, adamw)
    expect(coupled[`eta:${hidden}`]).toBe(1 / 4)
    expect(coupled[`decay:${hidden}`]).toBe(1)
    expect(coupled["eta:transformer.wte.weight"]).toBe(1)
    expect(coupled["multiplier.logits"]).toBe(1 / 4)
    // Heads held at 4: base head size 8, head size 32.
    expect(coupled["attention.scale"]).toBeCloseTo(Math.sqrt(8) / 32, 15)
    expect(laneScalars(plan, { ...adamw, decay: "independent" })[`decay:${hidden}`]).toBe(1)
    expect(laneScalars(plan, { ...adamw, clip: null })["clip"]).toBe(Number.POSITIVE_INFINITY)
  })

  it("CompleteP scales what branches add to the stream", () => {
    const plan = parametrise({ ...shape, n_layers: 8 }, { kind: "completep", baseWidth: 64, baseDepth: 2, alpha: 1 })
    expect(laneScalars(plan, adamw)["multiplier.residual"]).toBe(1 / 4)
  })
})

it("a model from `initialise` starts near the loss of a uniform guess", async () => {
  const full = { ...shape, zero_readout: true }
  const model = mpt(full)
  const plan = parametrise(full, { kind: "mup", baseWidth: 32 })
  const executable = await referenceDevice().compile(training(model, "adamw"), { lanes: 1, microBatch: 2 })
  executable.scalars(0, laneScalars(plan, adamw))
  for (const [name, values] of initialise(model, plan, 1)) await executable.write(0, name, values)
  const tokens = Int32Array.from({ length: 18 }, (_, i) => (i * 7) % 32)
  const [losses] = await executable.run([{ program: "evaluate", sequences: 2, tokens: [tokens] }])
  for (const loss of losses) expect(loss / 8).toBeCloseTo(Math.log(32), 12)
})
