import { expect, it } from "vitest"
import { divergedReadings } from "./divergence.ts"

it("goes by status, non-finite losses, the loss at initialisation and a loss lost to a higher rate", () => {
  expect(
    divergedReadings([
      { eta: 0.001, loss: 6 },
      { eta: 0.004, loss: 3.5 },
      { eta: 0.008, loss: 3.6, status: "diverged" },
      { eta: 0.016, loss: NaN },
      { eta: 0.032, loss: 4.5, initialLoss: 4.4 },
      { eta: 0.064, loss: 5.3 },
    ]),
  ).toEqual([false, false, true, true, true, true])
})

it("does not blame a low rate for a high loss, nor a cliff in a small model", () => {
  expect(
    divergedReadings([
      { eta: 2 ** -11, loss: 4 },
      { eta: 2 ** -8, loss: 2.2 },
      { eta: 2 ** -5, loss: 2.56 },
    ]),
  ).toEqual([false, false, false])
  expect(divergedReadings([])).toEqual([])
})

it("leaves losses at the thresholds in: equal to the initial one, or 1.5 times the lowest", () => {
  expect(
    divergedReadings([
      { eta: 1, loss: 2, initialLoss: 4 },
      { eta: 2, loss: 3, initialLoss: 3 },
      { eta: 3, loss: 2.9999, initialLoss: Number.POSITIVE_INFINITY },
      { eta: 4, loss: 3.0001, initialLoss: 4 },
    ]),
  ).toEqual([false, false, false, true])
})

it("takes a repeat at the best rate for bad luck, not for a divergence", () => {
  expect(
    divergedReadings([
      { eta: 1, loss: 9 },
      { eta: 1, loss: 2 },
      { eta: 1, loss: 9 },
    ]),
  ).toEqual([false, false, false])
})

it("neither judges a pruned run by its loss nor others by it", () => {
  expect(
    divergedReadings([
      { eta: 1, loss: 0.1, status: "pruned" },
      { eta: 2, loss: 2 },
      { eta: 3, loss: 9, status: "pruned" },
      { eta: 4, loss: 2.9 },
      { eta: 5, loss: 9, status: "finished" },
    ]),
  ).toEqual([false, false, false, false, true])
})

it("knows those that say so where nothing is left to compare with", () => {
  expect(
    divergedReadings([
      { eta: 1, loss: Number.NaN },
      { eta: 2, loss: 2, status: "diverged" },
      { eta: 3, loss: 5, status: "pruned" },
    ]),
  ).toEqual([true, true, false])
})
