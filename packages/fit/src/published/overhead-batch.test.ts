import { expect, it } from "vitest"
import { overheadBatchOfData, overheadBatchOfSize } from "./overhead-batch.ts"

const sequences = (size: number) => (overheadBatchOfSize.evaluate({ size }).criticalBatch ?? 0) / 512

it.each([
  [1.5e9, 2862],
  [1.75e9, 3076],
  [2e9, 3275],
  [2.5e9, 3636],
  [3e9, 3960],
  [4e9, 4531],
  [5e9, 5030],
  [6e9, 5478],
])("forecasts for %d parameters the published %d sequences", (size, published) => {
  expect(Math.abs(sequences(size) / published - 1)).toBeLessThan(5e-4)
})

it.each([
  [85e6, 745],
  [151e6, 955],
  [302e6, 1394],
  [604e6, 1889],
  [1.2e9, 2533],
])("lies near the measured batch of %d parameters, %d sequences", (size, measured) => {
  expect(Math.abs(sequences(size) / measured - 1)).toBeLessThan(0.1)
})

it("says the same of data along D = 20 N, as CBS = 22.9 D_M^0.468", () => {
  const { criticalBatch } = overheadBatchOfData.evaluate({ tokens: 20 * 3e9 })
  expect(criticalBatch).toBeCloseTo(overheadBatchOfSize.evaluate({ size: 3e9 }).criticalBatch ?? 0, 6)
  expect((criticalBatch ?? 0) / 512 / (22.9 * 60_000 ** 0.468)).toBeCloseTo(1, 2)
})
