import { expect, it } from "vitest"
import { constantTimescale } from "./constant-timescale.ts"
import { adamwTimescale } from "./timescale.ts"

const reference = { eta: 2e-3, batch: 2 ** 16, tokens: 2 ** 30, weightDecay: 0.1 }

it("keeps the decay of the reference for the reference", () => {
  const { weightDecay } = constantTimescale.evaluate({ ...reference, reference })
  expect(weightDecay).toBeCloseTo(0.1, 14)
})

it("halves the decay for twice the data, and doubles it for twice the batch or half the rate", () => {
  const decay = (change: Partial<typeof reference>) =>
    constantTimescale.evaluate({ ...reference, ...change, reference }).weightDecay ?? 0
  expect(decay({ tokens: 2 ** 31 })).toBeCloseTo(0.05, 14)
  expect(decay({ batch: 2 ** 17 })).toBeCloseTo(0.2, 14)
  expect(decay({ eta: 1e-3 })).toBeCloseTo(0.2, 14)
})

it("measures the timescale as the share of the run that an exponential average of 1/(eta lambda) steps spans", () => {
  // 1/(2e-3 * 0.1) = 5000 steps of 2^30 / 2^16 = 16384.
  expect(adamwTimescale(reference)).toBeCloseTo(5000 / 16384, 14)
})
