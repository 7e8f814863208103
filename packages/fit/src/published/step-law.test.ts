import { describe, expect, it } from "vitest"
import { InvalidOptionError } from "../validate.ts"
import { stepLaw } from "./step-law.ts"

/** Lowest smoothed loss of each (N, D) of the published grid: data/dense_lr_bs_loss.csv of step-law/steplaw. N, D in 1e9, eta, B in sequences of 2048. */
const optima: ReadonlyArray<readonly [size: number, tokens: number, eta: number, batch: number]> = [
  [214_663_680, 4.0, 2.76e-3, 128],
  [214_663_680, 11.4, 2.76e-3, 192],
  [214_663_680, 20, 3.91e-3, 256],
  [214_663_680, 100, 7.81e-3, 1024],
  [268_304_384, 5.0, 1.95e-3, 128],
  [268_304_384, 14.2, 3.91e-3, 192],
  [268_304_384, 25, 3.91e-3, 352],
  [268_304_384, 80, 3.91e-3, 512],
  [429_260_800, 8.0, 1.95e-3, 128],
  [429_260_800, 22.7, 1.95e-3, 192],
  [429_260_800, 40, 2.76e-3, 256],
  [429_260_800, 50, 1.95e-3, 256],
  [536_872_960, 10, 9.77e-4, 128],
  [536_872_960, 28.4, 1.95e-3, 192],
  [536_872_960, 50, 2.76e-3, 352],
  [1_073_741_824, 20, 1.38e-3, 256],
  [1_073_741_824, 56.9, 1.38e-3, 256],
]

describe("Step Law", () => {
  it("lies within a grid step of the optima it was fitted to, on average", () => {
    const off = optima.map(([size, tokens, eta, batch]) => {
      const law = stepLaw.evaluate({ size, tokens: tokens * 1e9 })
      return [Math.log2((law.eta ?? 0) / eta), Math.log2((law.batch ?? 0) / (batch * 2048))] as const
    })
    const rms = (k: 0 | 1) => Math.sqrt(off.reduce((sum, o) => sum + o[k] ** 2, 0) / off.length)
    // Grid steps are half an octave; a unit mistaken would be off by eleven octaves.
    for (const k of [0, 1] as const) expect(rms(k)).toBeLessThan(0.5)
  })

  it("moves by its published exponents", () => {
    const one = stepLaw.evaluate({ size: 1e9, tokens: 1e11 })
    const data = stepLaw.evaluate({ size: 1e9, tokens: 1e12 })
    expect(Math.log10((data.eta ?? 0) / (one.eta ?? 0))).toBeCloseTo(0.307, 12)
    expect(Math.log10((data.batch ?? 0) / (one.batch ?? 0))).toBeCloseTo(0.571, 12)
    const size = stepLaw.evaluate({ size: 1e10, tokens: 1e11 })
    expect(Math.log10((size.eta ?? 0) / (one.eta ?? 0))).toBeCloseTo(-0.713, 12)
    expect(size.batch).toBe(one.batch)
  })

  it("refuses what means nothing", () => {
    expect(() => stepLaw.evaluate({ size: -1, tokens: 1e9 })).toThrow(InvalidOptionError)
    expect(() => stepLaw.evaluate({ size: 1e9, tokens: Number.NaN })).toThrow(/tokens is NaN/)
  })
})
