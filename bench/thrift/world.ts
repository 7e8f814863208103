/** A study whose truth is known, and what training a trunk of it would give. */
import { evaluationNoise } from "../../packages/backend/src/evaluationNoise.ts"
import type { Row } from "../../packages/fit/src/index.ts"
import { random, sequence } from "../../packages/random/src/index.ts"
import { at, defaultLaw, lawLoss, optimalEta, type SurrogateLaw } from "../../plugins/surrogate/src/law.ts"

/** Which exponent is asked for: of the peak of the bell, or of the batch that needs 20 % more data. */
export type Asked = "peak" | "overhead"

export interface World {
  readonly asked: Asked
  readonly law: SurrogateLaw
  /** The exponent asked for. */
  readonly truth: number
  /** Tokens, ascending. */
  readonly batches: ReadonlyArray<number>
  readonly horizons: ReadonlyArray<number>
  /** log2 of a first guess of eta*, off by up to two octaves. */
  readonly start: number
  /** Draws for whoever wants some, e.g. the phase of a grid. */
  readonly draw: () => number
  /** The readings of one trunk at all of `horizons` up to `tokens`; an own `trunk` name has noise of its own. */
  readonly train: (trunk: Trunk) => ReadonlyArray<Row>
}

export interface Trunk {
  readonly batch: number
  readonly eta: number
  readonly seed: number
  /** Read here, tokens. */
  readonly at: ReadonlyArray<number>
  /** What names its noise beside batch, rate and seed: runs that share no trunk. */
  readonly alone?: boolean
}

export const horizons = [20, 21, 22, 23, 24, 25].map((log) => 2 ** log)
const middle = 2 ** 22.5

/** 0.003 nats a reading, half of the variance shared along a trunk. */
const noise = { deviation: 0.003, shared: 0.5 }

/**
 * The surrogate's law, wide asymmetric profiles as it has them by default, with exponents, places and heights drawn anew for each seed:
 * the peak's exponent in 0.5 to 1.2 and the overhead batch's in 0.3 to 0.6, each at the middle horizon within half an octave of the middle
 * of the batches; log2 of the peak's height in -9 to -7, its exponent in -0.2 to 0.2.
 */
export const drawWorld = (asked: Asked, seed: number): World => {
  const draws = sequence(random(seed, `thrift/${asked}`))
  const between = (from: number, to: number) => from + (to - from) * draws.next()
  const peak = between(0.5, 1.2)
  const overhead = between(0.3, 0.6)
  const logs = asked === "peak" ? [9, 10, 11, 12, 13, 14] : [7, 8, 9, 10, 11, 12]
  const centre = asked === "peak" ? 11.5 : 10
  const offset = between(-0.5, 0.5)
  const anchored = (log: number, exponent: number) => ({
    at2p20: 2 ** log * (2 ** 20 / middle) ** exponent,
    exponent,
  })
  const law: SurrogateLaw = {
    ...defaultLaw,
    peakBatch: anchored(asked === "peak" ? centre + offset : 12, peak),
    overheadBatch: anchored(asked === "overhead" ? centre + offset : 10, overhead),
    peakEta: { at2p20: 2 ** between(-9, -7), exponent: between(-0.2, 0.2) },
  }
  const batches = logs.map((log) => 2 ** log)
  const known = { ...noise, seed }
  return {
    asked,
    law,
    truth: asked === "peak" ? peak : overheadExponent(law, batches[0]),
    batches,
    horizons,
    start: Math.log2(optimalEta(law, batches[2], middle)) + between(-2, 2),
    draw: () => draws.next(),
    train: ({ batch, eta, seed: of, at: positions, alone }) => {
      let diverged = false
      return positions.map((tokens): Row => {
        const runId = `B${batch} eta${eta} seed${of}${alone ? ` T${tokens}` : ""}`
        const loss = diverged ? undefined : lawLoss(law, eta, batch, tokens)
        diverged ||= loss === undefined
        return {
          runId,
          seed: of,
          tokens,
          batch,
          eta,
          width: 64,
          average: "none",
          loss: loss === undefined ? Number.NaN : loss + evaluationNoise(known, runId)(tokens / batch, "none"),
          status: loss === undefined ? "diverged" : "finished",
          steps: tokens / batch,
          warmupSteps: 0,
          provenance: { synthetic: true },
        }
      })
    },
  }
}

/** Zero of a rising function, by bisection. */
const zero = (f: (x: number) => number, low: number, high: number): number => {
  let [a, b] = [low, high]
  for (let i = 0; i < 100; i++) {
    const middle = (a + b) / 2
    if (f(middle) < 0) a = middle
    else b = middle
  }
  return (a + b) / 2
}

/**
 * Slope over the horizons of the batch that needs 20 % more data than the smallest batch measured, without noise. The reference has an
 * overhead of its own, so the slope is less than that of the law's B_20, which counts from a batch of no size. Nothing is measured beyond the
 * longest horizon, hence not there.
 */
const overheadExponent = (law: SurrogateLaw, reference: number): number => {
  const effective = (batch: number, lnTokens: number): number =>
    lnTokens - Math.log1p((0.2 * batch) / at(law.overheadBatch, Math.exp(lnTokens)))
  const points = horizons.slice(0, -1).map((tokens) => {
    const x = Math.log(tokens)
    const goal = effective(reference, x)
    const ratio = (lnBatch: number) => zero((t) => effective(Math.exp(lnBatch), t) - goal, x - 1, x + 9) - x
    return { x, y: zero((lnBatch) => ratio(lnBatch) - Math.log(1.2), Math.log(reference), Math.log(reference) + 9) }
  })
  const mean = (of: (p: { x: number; y: number }) => number) =>
    points.reduce((sum, p) => sum + of(p), 0) / points.length
  const [mx, my] = [mean((p) => p.x), mean((p) => p.y)]
  return mean((p) => (p.x - mx) * (p.y - my)) / mean((p) => (p.x - mx) ** 2)
}
