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
