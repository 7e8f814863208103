import { expect, it } from "vitest"
import { mupWidth } from "./mup-width.ts"

it("divides the rate of hidden matrices alone, as in the published models of 12M to 121M parameters", () => {
  // d_base = 256, width multipliers 0.5, 1 and 2 (arXiv 2408.13359, table 2).
  for (const [width, multiplier] of [
    [128, 0.5],
    [256, 1],
    [512, 2],
  ] as const)
    expect(mupWidth.evaluate({ width, reference: { eta: 0.01, width: 256 } })).toEqual({
      eta: 0.01,
      hiddenEta: 0.01 / multiplier,
    })
})
