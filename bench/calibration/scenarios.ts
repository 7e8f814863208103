/** The kinds of study that are scored; what a kind does not fix is drawn by `drawStudy`. */
import type { Setup } from "./draw.ts"

export interface Scenario {
  readonly name: string
  readonly setup: Setup
}

const beforePeak = [6, 7, 8, 9, 10]

export const scenarios: ReadonlyArray<Scenario> = [
  { name: "whole bell, independent noise", setup: { shared: 0 } },
  { name: "whole bell, half shared", setup: { asymmetric: true } },
  { name: "whole bell, all shared", setup: { shared: 1 } },
  { name: "whole bell, noisy", setup: { deviation: 0.01, asymmetric: true } },
  {
    name: "misses the right side",
    setup: { batches: [7, 8, 9, 10, 11], peak: { from: 1.5, to: 2.5 }, asymmetric: true },
  },
  { name: "misses the left side", setup: { batches: [11, 12, 13, 14, 15], peak: { from: -2.5, to: -1.5 } } },
  { name: "misses the peak", setup: { batches: beforePeak, peak: { from: 2, to: 4, beyond: "largest batch" } } },
  {
    name: "misses the peak, noisy",
    setup: {
      batches: beforePeak,
      peak: { from: 2, to: 4, beyond: "largest batch" },
      deviation: 0.01,
      asymmetric: true,
    },
  },
  {
    name: "four batches by four",
    setup: {
      batches: [8, 10, 12, 14],
      horizons: [18, 19, 20, 21],
      asymmetric: true,
      peak: { from: -1.5, to: -0.5 },
    },
  },
  { name: "two seeds", setup: { batches: [9, 10, 11, 12, 13], seeds: 2 } },
  { name: "alpha_B one half", setup: { alphaB: [0.5, 0.5], asymmetric: true } },
  { name: "cells scatter about the law", setup: { scatter: 0.08, asymmetric: true } },
  { name: "half-octave rates", setup: { step: 0.5, side: 4, batches: [8, 9.5, 11, 12.5, 14] } },
]
