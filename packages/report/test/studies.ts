import { bellEta, fitLaw, type Law, type Row } from "@ts/fit"

/** Uniform in [0, 1) from a counter (splitmix32): tests need the same noise for ever. */
const uniform = (counter: number): number => {
  let z = Math.imul(counter + 1, 0x9e3779b9)
  z = Math.imul(z ^ (z >>> 16), 0x21f0aaad)
  z = Math.imul(z ^ (z >>> 15), 0x735a2d97)
  return ((z ^ (z >>> 15)) >>> 0) / 2 ** 32
}
/** About standard normal: the sum of twelve uniforms less six. */
const normal = (counter: number): number => {
  let sum = -6
  for (let i = 0; i < 12; i++) sum += uniform(12 * counter + i)
  return sum
}

export interface StudyShape {
  readonly batches: ReadonlyArray<number>
  readonly horizons: ReadonlyArray<number>
  /** log2 of the rates. */
  readonly rates: ReadonlyArray<number>
  readonly eta: (batch: number, tokens: number) => number
  readonly loss: (batch: number, tokens: number) => number
  /** Nats per octave squared. */
  readonly width: number
  readonly curvature: number
  readonly noise: number
  readonly warmup: number
  /** Octaves above eta* from which runs diverge. */
  readonly cliff: number
  readonly synthetic: boolean
}

/** Rows of one trunk per (batch, rate) with its noise shared along the horizons by half. */
export const rowsOf = (shape: StudyShape): ReadonlyArray<Row> =>
  shape.batches.flatMap((batch, b) =>
    shape.rates.flatMap((rate, r) => {
      const trunk = 100 * b + r + 10_000 * shape.width
      return shape.horizons.map((tokens, h): Row => {
        const away = rate - Math.log2(shape.eta(batch, tokens))
        const slope = away > 0 ? 1.6 : 1
        const error = Math.SQRT1_2 * shape.noise * (normal(trunk) + normal(trunk * 50 + h + 1))
        const diverged = away > shape.cliff
        const warmupSteps = Math.max(4, shape.warmup / batch)
        return {
          runId: `w${shape.width}-b${batch}-r${rate}`,
          seed: 1,
          tokens,
          batch,
          eta: 2 ** rate,
          width: shape.width,
          size: 12 * 2 * shape.width ** 2,
          average: "none",
          loss: diverged ? Number.NaN : shape.loss(batch, tokens) + slope * shape.curvature * away ** 2 + error,
          status: diverged ? "diverged" : "finished",
          steps: tokens / batch,
          warmupSteps,
          provenance: {
            backend: "cpu",
            numericsId: "cpu-avx512-f32-1",
            ...(shape.synthetic ? { synthetic: true } : {}),
          },
        }
      })
    }),
  )

const octaves = (from: number, to: number): ReadonlyArray<number> =>
  Array.from({ length: to - from + 1 }, (_, i) => 2 ** (from + i))

/** A study of the size and kind of the quickstart: eta* rises with B, hardly moves with T, and the overhead batch grows. */
export const quickstartShape: StudyShape = {
  batches: octaves(6, 12),
  horizons: octaves(15, 19),
  rates: [-11, -10, -9, -8, -7, -6, -5, -4],
  eta: (batch, tokens) =>
    2 ** (-8.9 + 0.36 * Math.log2(batch / 64) + (0.06 * Math.log2(batch / 64) - 0.15) * (Math.log2(tokens) - 17)),
  loss: (batch, tokens) => {
    const critical = 2 ** 6.7 * (tokens / 2 ** 15) ** 0.47
    return 0.9 + 1.6 * (tokens / 2 ** 15 / (1 + (0.2 * batch) / critical)) ** -0.11
  },
  width: 64,
  curvature: 0.014,
  noise: 0.003,
  warmup: 2 ** 13,
  cliff: 3.6,
  synthetic: false,
}

export const quickstartRows = (): ReadonlyArray<Row> => [
  ...rowsOf(quickstartShape),
  ...rowsOf({ ...quickstartShape, width: 128, batches: octaves(7, 9) }),
]

const conditions = {
  schedule: "constant after 2^13 tokens of warmup",
  parametrisation: "muP, base width 64",
  optimizer: "AdamW (0.9, 0.95), no decay",
  data: "WordNet 3.1 glosses, bytes",
}

/** Regimes and overhead identified, the peak of the bell beyond the batches. */
export const quickstart = (): { readonly law: Law; readonly rows: ReadonlyArray<Row> } => {
  const rows = quickstartRows()
  return { rows, law: fitLaw(rows, { conditions, resamples: 100 }) }
}

/** The bell well inside the batches, and moving: everything identified. */
export const bellStudy = (): { readonly law: Law; readonly rows: ReadonlyArray<Row> } => {
  const rows = rowsOf({
    ...quickstartShape,
    batches: octaves(5, 13),
    horizons: octaves(20, 24),
    eta: (batch, tokens) => bellEta(batch, 2 ** 8.5 * (tokens / 2 ** 20) ** 0.6, 2 ** -7),
    noise: 0.001,
    synthetic: true,
  })
  return { rows, law: fitLaw(rows, { conditions, resamples: 60 }) }
}

/** Three sizes without widths: the peak of eta*(B) stays, its height falls like N^-0.3. */
export const sizesStudy = (): { readonly law: Law; readonly rows: ReadonlyArray<Row> } => {
  const rows = [1e6, 4e6, 16e6].flatMap((size, k) =>
    rowsOf({
      ...quickstartShape,
      batches: octaves(6, 11),
      horizons: octaves(20, 22),
      eta: (batch, tokens) => bellEta(batch, 2 ** 8.5 * (tokens / 2 ** 20) ** 0.6, 2 ** -7 * (size / 1e6) ** -0.3),
      loss: (batch, tokens) => quickstartShape.loss(batch, tokens) - 0.1 * k,
      noise: 0.001,
      width: k + 1,
    }).map((row) => ({ ...row, runId: `n${size} ${row.runId}`, width: 0, size })),
  )
  return { rows, law: fitLaw(rows, { resamples: 20 }) }
}

/** The bell at one horizon alone. */
export const oneHorizonStudy = (): { readonly law: Law; readonly rows: ReadonlyArray<Row> } => {
  const rows = bellStudy().rows.filter((row) => row.tokens === 2 ** 22)
  return { rows, law: fitLaw(rows, { resamples: 20 }) }
}

/** Losses that fall with the rate up to the last one: no profile has an optimum. */
export const edgeStudy = (): { readonly law: Law; readonly rows: ReadonlyArray<Row> } => {
  const rows = quickstartRows().map((row) => ({
    ...row,
    loss: 3 - Math.log2(row.eta) / 100,
    status: "finished" as const,
  }))
  return { rows, law: fitLaw(rows) }
}
