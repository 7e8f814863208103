import { random, sequence } from "@ts/random"
import { expect, it } from "vitest"
import type { Cell } from "./law.ts"
import { isEstimate, notIdentified, unavailable } from "./result.ts"
import { widthAgreement, widthVerdict } from "./width.ts"

const none = notIdentified("no-data", "not needed", 0)

const cell = (width: number, batch: number, tokens: number, eta: number, error?: number): Cell => ({
  width,
  size: 0,
  average: "none",
  batch,
  tokens,
  best: undefined,
  eta: {
    _tag: "Estimate",
    value: eta,
    scale: "log",
    standardError: error ?? unavailable("not needed"),
    interval: undefined,
    n: 5,
    notes: [],
  },
  loss: none,
  curvature: none,
  sensitivity: none,
  parabola: undefined,
  points: [],
})

const grid = (width: number, shift: (batch: number, tokens: number) => number, error?: number) =>
  [64, 128, 256, 512].flatMap((batch) =>
    [1000, 2000].map((tokens) => cell(width, batch, tokens, 0.01 * 2 ** shift(batch, tokens), error)),
  )
const zero = () => 0

it("finds agreement only where the whole interval lies within the margin", () => {
  const close = widthAgreement(
    grid(64, zero, 0.05),
    grid(128, () => 0.05, 0.05),
  )
  expect(close).toMatchObject({ widths: [64, 128], margin: 0.25, verdict: "equivalent", cells: 8 })
  expect(isEstimate(close.difference) && close.difference.value).toBeCloseTo(0.05, 12)
  // Horizons of one batch count once: error = sqrt(2) 0.05 / ln 2 / sqrt(4 batches).
  expect(isEstimate(close.difference) && close.difference.standardError).toBeCloseTo(
    (Math.SQRT2 * 0.05) / Math.LN2 / 2,
    12,
  )
  expect(widthAgreement(grid(64, zero, 0.5), grid(128, zero, 0.5)).verdict).toBe("not identified")
  expect(
    widthAgreement(
      grid(64, zero, 0.05),
      grid(128, () => 1, 0.05),
    ).verdict,
  ).toBe("different")
  expect(
    widthAgreement(
      grid(64, zero, 0.05),
      grid(128, () => 0.05, 0.05),
      { margin: 0.04 },
    ).verdict,
  ).toBe("not identified")
})

it("lets the scatter between batches speak where errors are unknown or contradicted", () => {
  const shift = (batch: number) => 0.3 * (-1) ** Math.log2(batch)
  for (const error of [undefined, 0.001]) {
    const found = widthAgreement(grid(64, zero, error), grid(128, shift, error))
    expect(isEstimate(found.difference) && found.difference.standardError).toBeCloseTo(
      Math.sqrt((4 * 0.09) / 3 / 4),
      10,
    )
    expect(found.verdict).toBe("not identified")
  }
})

it("needs shared cells", () => {
  expect(widthAgreement(grid(64, zero), []).difference).toMatchObject({ reason: "too-few-cells", points: 0 })
  expect(widthAgreement([cell(64, 64, 1000, 0.01)], [cell(128, 64, 1000, 0.01)]).verdict).toBe("not identified")
  expect(() => widthAgreement([], [], { margin: 0 })).toThrow("margin is 0")
})

it("calls neither agreement nor difference what straddles the margin", () => {
  expect(widthVerdict(-0.3, 0.1, 0.25)).toBe("not identified")
  expect(widthVerdict(-0.2, 0.2, 0.25)).toBe("equivalent")
  expect(widthVerdict(-0.9, -0.3, 0.25)).toBe("different")
})

it("covers the truth as often as it says", () => {
  const draws = sequence(random(4, "widths"))
  let hits = 0
  for (let k = 0; k < 500; k++) {
    // A trunk's error is shared by its horizons.
    const errors = new Map([64, 128, 256, 512].map((batch) => [batch, (0.1 * draws.normal()) / Math.LN2]))
    const other = new Map([64, 128, 256, 512].map((batch) => [batch, (0.1 * draws.normal()) / Math.LN2]))
    const found = widthAgreement(
      grid(64, (batch) => errors.get(batch) ?? NaN, 0.1),
      grid(128, (batch) => 0.1 + (other.get(batch) ?? NaN), 0.1),
    )
    const interval = isEstimate(found.difference) ? found.difference.interval : undefined
    if (interval !== undefined && interval.low <= 0.1 && 0.1 <= interval.high) hits++
  }
  expect(hits / 500).toBeGreaterThan(0.86)
  expect(hits / 500).toBeLessThan(0.95)
})
