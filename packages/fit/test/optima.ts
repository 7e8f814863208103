import { random, sequence } from "@ts/random"
import type { FormName } from "../src/joint/form.ts"

/** A law of eta*(B, T) as the papers write it; all relative to `reference`. */
export interface TrueLaw {
  readonly form: FormName
  readonly eta: number
  readonly etaGrowth: number
  /** Batch scale in tokens and its growth, or the exponent of B. */
  readonly batch: number
  readonly batchGrowth: number
  readonly exponent: number
}

export const trueLaw: TrueLaw = {
  form: "bell",
  eta: 0.01,
  etaGrowth: -0.2,
  batch: 2 ** 9,
  batchGrowth: 0.5,
  exponent: 0.3,
}

/** Horizon at which eta and batch of a true law hold, tokens. */
export const reference = 2 ** 20

export const trueEta = (law: TrueLaw, batch: number, tokens: number): number => {
  const t = tokens / reference
  const height = law.eta * t ** law.etaGrowth
  const ratio = batch / (law.batch * t ** law.batchGrowth)
  switch (law.form) {
    case "bell":
      return height / (0.5 * (Math.sqrt(ratio) + Math.sqrt(1 / ratio)))
    case "saturating":
      return height / (1 + 1 / ratio)
    case "saturating-sqrt":
      return height / Math.sqrt(1 + 1 / ratio)
    case "power":
      return height * (batch / law.batch) ** law.exponent
    case "constant":
      return height
  }
}

/** Optima over a grid, with errors that differ from cell to cell, and noise of that size where a seed is given. */
export const optima = (
  law: TrueLaw,
  grid: {
    readonly batches: ReadonlyArray<number>
    readonly horizons: ReadonlyArray<number>
    readonly error?: number
    readonly seed?: number
    /** Standard deviation of the truth about the law. */
    readonly scatter?: number
  },
) => {
  const draws = sequence(random(grid.seed ?? 0, "optima"))
  return grid.horizons.flatMap((tokens) =>
    grid.batches.map((batch, k) => {
      const error = (grid.error ?? 0.05) * (1 + 0.4 * (k % 3))
      const chance = grid.seed === undefined ? 0 : error * draws.normal() + (grid.scatter ?? 0) * draws.normal()
      return { batch, tokens, eta: trueEta(law, batch, tokens) * Math.exp(chance), error }
    }),
  )
}
