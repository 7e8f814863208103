import { coordinateCheck } from "@ts/mup"
import { referenceDevice } from "@ts/program"
import { Effect } from "effect"
import { expect, it } from "vitest"
import { type CoordinateStudy, observeCoordinates } from "../src/index.ts"

const study: CoordinateStudy = {
  widths: [16, 32, 64, 128],
  model: {
    n_layers: 1,
    max_seq_len: 16,
    vocab_size: 32,
    expansion_ratio: 4,
    no_bias: false,
    tie_word_embeddings: false,
    zero_readout: true,
    positions: "alibi",
    rope_theta: 10000,
    qk_ln: false,
    norm_eps: 1e-5,
    init_gain: 1,
  },
  heads: { headSize: 16 },
  parametrisation: { kind: "mup", baseWidth: 32 },
  optimizer: { kind: "adamw", betas: [0.9, 0.95], eps: 1e-8, weightDecay: 0, decay: "independent", clip: 1 },
  learningRate: 2 ** -8,
  steps: 3,
  seeds: [1, 2, 3],
  sequences: 1,
}
const observe = (change: Partial<CoordinateStudy> = {}) =>
  Effect.runPromise(observeCoordinates(referenceDevice({ precision: "f32" }), { ...study, ...change }))
const verdict = async (change: Partial<CoordinateStudy> = {}) => {
  const { observations, conditions } = await observe(change)
  return coordinateCheck(observations, conditions)
}

it("muP moves alike at every width; the standard parametrisation does not", async () => {
  const mup = await verdict()
  expect(mup.reasons).toEqual(["all 5 layers move alike at every width"])
  expect(mup.layers.map(({ layer }) => layer)).toEqual([
    "embedding",
    "blocks.0.attention",
    "blocks.0.hidden",
    "blocks.0.output",
    "logits",
  ])
  expect(mup).toMatchObject({ verdict: "pass", learningRate: 2 ** -8, heldFixed: "head-size", widths: study.widths })

  const standard = await verdict({ parametrisation: { kind: "standard" } })
  expect(standard.verdict).toBe("fail")
  // Hidden layers of order d sum d aligned changes of eta each: the change grows about as the width.
  expect(standard.layers.find(({ layer }) => layer === "blocks.0.output")!.overall!.slope).toBeGreaterThan(0.5)
})

it("records every layer at every step, width and seed; a seed alone gives the numbers it gives among others", async () => {
  const small = { widths: [16, 32], steps: 2, heads: { number: 1 } } as const
  const { observations, conditions } = await observe(small)
  expect(observations).toHaveLength(2 * 3 * 3 * 5)
  expect(conditions.heldFixed).toBe("number-of-heads")
  const alone = await observe({ ...small, seeds: [2] })
  expect(alone.observations).toEqual(observations.filter(({ seed }) => seed === 2))
})

it("names the width that has no such model", async () => {
  const error = await Effect.runPromise(
    Effect.flip(observeCoordinates(referenceDevice(), { ...study, widths: [16, 24] })),
  )
  expect(error).toMatchObject({ _tag: "BackendError", reason: "InvalidSpec" })
  expect(error.message).toMatch(/width 24: n_heads is 1.5/)
})
