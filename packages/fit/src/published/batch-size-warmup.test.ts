import { expect, it } from "vitest"
import { batchSizeWarmup } from "./batch-size-warmup.ts"

const documents = 4096

it("takes the published warmup of OLMo 1B from 1024 to 4096 documents, and its rate to that of the large batch", () => {
  const start = { batch: 1024 * documents, eta: Math.SQRT2 * 4e-4 }
  const second = batchSizeWarmup.evaluate({ ...start, recoveryBatch: 2100 * documents })
  expect(second.batch).toBe(2048 * documents)
  const third = batchSizeWarmup.evaluate({
    batch: second.batch ?? 0,
    eta: second.eta ?? 0,
    recoveryBatch: 4200 * documents,
  })
  expect(third.batch).toBe(4096 * documents)
  expect(third.eta).toBeCloseTo(2 * Math.SQRT2 * 4e-4, 14)
})

it("waits until the critical batch exceeds twice the batch", () => {
  const now = { batch: 2 ** 20, eta: 1e-3 }
  expect(batchSizeWarmup.evaluate({ ...now, recoveryBatch: 2 ** 21 })).toEqual(now)
})
