import { describe, expect, it } from "vitest"
import { nanochat } from "./nanochat.ts"
import { adamwTimescale } from "./timescale.ts"

/** Matrices and readout of a model of this depth: width 64 depth, 12 width^2 a layer, 32768 tokens. D is 10.5 times that. */
const tokensAt = (depth: number) => {
  const width = 64 * depth
  return 10.5 * (12 * depth * width ** 2 + 32_768 * width)
}
const reference = { eta: 0.02, batch: 2 ** 19, tokens: tokensAt(12), weightDecay: 0.2 }

describe("nanochat", () => {
  // The table of dev/LOG.md, 5 February 2026.
  it.each([
    [8, 18],
    [10, 19],
    [16, 19],
    [18, 20],
    [26, 20],
    [32, 21],
    [50, 21],
  ])("gives depth %d the published batch 2^%d", (depth, octave) => {
    expect(nanochat.evaluate({ tokens: tokensAt(depth), reference }).batch).toBe(2 ** octave)
  })

  it("keeps the AdamW timescale of its reference", () => {
    const tokens = tokensAt(26)
    const { eta = 0, batch = 0, weightDecay = 0 } = nanochat.evaluate({ tokens, reference })
    expect(adamwTimescale({ eta, batch, tokens, weightDecay }) / adamwTimescale(reference)).toBeCloseTo(1, 12)
    expect(eta).toBeCloseTo(0.02 * Math.SQRT2, 14)
  })
})
