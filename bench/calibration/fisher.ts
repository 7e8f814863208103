/**
 * How well a design can know B_crit(T) at all: the Cramer-Rao standard deviation of ln B_crit(T) at the truth.
 *
 * Gaussian model with the true covariance of the noise. Unknown are ln etaScale, its exponent, ln batchScale, its exponent, the skew
 * of all profiles, and each cell's own lowest loss and curvature. Only readings within two octaves of the cell's lowest noiseless
 * rate count, as a fit would use them.
 */
import { curvatureAt, lnBestRate, noiselessLoss, profileShape, type Study, type Truth } from "./simulate.ts"

const window = 2
/** Largest share that is not singular; the limit to 1 is reached long before. */
const mostShared = 1 - 1e-6
/** A pivot that elimination lowers to this part of itself is rounding. */
const tolerance = 1e-10

interface Counted {
  readonly trunk: string
  readonly cell: number
  readonly batch: number
  readonly tokens: number
  readonly eta: number
}

/** Readings near the lowest rate of their cell, sorted by trunk, and the curvatures of the cells. */
const countedReadings = ({ truth, design }: Study) => {
  const { batches, horizons, rates, seeds } = design
  const readings: Array<Counted> = []
  const curvatures: Array<number> = []
  batches.forEach((batch, b) => {
    for (const tokens of horizons) {
      const sound = rates[b]
        .map((eta) => ({ eta, loss: noiselessLoss(truth, eta, batch, tokens, horizons) }))
        .filter((r) => !Number.isNaN(r.loss))
      if (sound.length === 0) continue
      const best = sound.reduce((least, r) => (r.loss < least.loss ? r : least))
      const cell = curvatures.length
      curvatures.push(curvatureAt(truth, batch, tokens))
      for (const { eta } of sound)
        if (Math.abs(Math.log2(eta / best.eta)) <= window + 1e-9)
          for (let seed = 0; seed < seeds; seed++)
            readings.push({ trunk: `${b} ${eta} ${seed}`, cell, batch, tokens, eta })
    }
  })
  readings.sort((a, c) => (a.trunk < c.trunk ? -1 : a.trunk > c.trunk ? 1 : 0))
  return { readings, curvatures }
}

/** Law first, so that all that follows is nuisance: skew, lowest losses, curvatures. */
const law = 4

const parametersOf = (truth: Truth, curvatures: ReadonlyArray<number>): ReadonlyArray<number> => [
  Math.log(truth.etaScale.at2p20),
  truth.etaScale.exponent,
  Math.log(truth.batchScale.at2p20),
  truth.batchScale.exponent,
  truth.skew,
  // Losses enter linearly: any lowest loss will do.
  ...curvatures.map(() => 0),
  ...curvatures,
]

const means = (
  truth: Truth,
  parameters: ReadonlyArray<number>,
  readings: ReadonlyArray<Counted>,
  cells: number,
): Float64Array => {
  const shifted: Truth = {
    ...truth,
    etaScale: { at2p20: Math.exp(parameters[0]), exponent: parameters[1] },
    batchScale: { at2p20: Math.exp(parameters[2]), exponent: parameters[3] },
  }
  return Float64Array.from(readings, ({ cell, batch, tokens, eta }) => {
    const z = Math.log(eta) - lnBestRate(shifted, batch, tokens)
    return parameters[law + 1 + cell] + parameters[law + 1 + cells + cell] * profileShape(parameters[law], z)
  })
}

/** Turns a vector over the readings into one whose errors are independent and of size one, trunk by trunk (compound symmetry). */
const whiten = (values: Float64Array, readings: ReadonlyArray<Counted>, deviation: number, shared: number): void => {
  for (let from = 0; from < values.length; ) {
    let to = from
    let sum = 0
    for (; to < values.length && readings[to].trunk === readings[from].trunk; to++) sum += values[to]
    const n = to - from
    const mean = sum / n
    const kept = 1 - Math.sqrt((1 - shared) / (1 - shared + n * shared))
    for (let i = from; i < to; i++) values[i] = (values[i] - kept * mean) / (deviation * Math.sqrt(1 - shared))
    from = to
  }
}

/** Eliminates the unknown `k` from an information matrix in place; unknowns without information are left alone. */
const eliminate = (information: Array<Float64Array>, k: number, original: number): void => {
  const pivot = information[k][k]
  if (!(pivot > tolerance * original)) return
  const row = Float64Array.from(information[k])
  information.forEach((other, i) => {
    if (row[i] === 0) return
    const factor = row[i] / pivot
    for (let j = 0; j < other.length; j++) other[j] -= factor * row[j]
  })
}

const informationOf = (study: Study): Array<Float64Array> => {
  const { truth, noise } = study
  const { readings, curvatures } = countedReadings(study)
  const center = parametersOf(truth, curvatures)
  const columns = center.map((value, j) => {
    const step = 1e-4 * Math.max(Math.abs(value), 0.1)
    const moved = (by: number) =>
      means(
        truth,
        center.map((v, i) => (i === j ? v + by : v)),
        readings,
        curvatures.length,
      )
    const [up, down] = [moved(step), moved(-step)]
    const column = up.map((u, i) => (u - down[i]) / (2 * step))
    whiten(column, readings, noise.deviation, Math.min(noise.shared, mostShared))
    return column
  })
  return columns.map((a) =>
    Float64Array.from(columns, (b) => {
      let sum = 0
      for (let i = 0; i < a.length; i++) sum += a[i] * b[i]
      return sum
    }),
  )
}

/** Standard deviation of ln B_crit at each horizon of the design; Infinity where the design says nothing about it. */
export const peakDeviations = (study: Study): ReadonlyArray<number> => {
  const information = informationOf(study)
  const original = information.map((row, i) => row[i])
  for (let k = information.length - 1; k >= law; k--) eliminate(information, k, original[k])
  return study.design.horizons.map((tokens) => {
    // In place of ln batchScale at 2^20: ln batchScale at `tokens`, which the other exponent then turns about.
    const far = Math.log(tokens / 2 ** 20)
    const turned = information.slice(0, law).map((row) => row.slice(0, law))
    for (const row of turned) row[3] -= far * row[2]
    for (let j = 0; j < law; j++) turned[3][j] -= far * turned[2][j]
    const diagonal = turned.map((row, i) => row[i])
    for (const k of [0, 1, 3]) eliminate(turned, k, diagonal[k])
    const left = turned[2][2]
    return left > tolerance * diagonal[2] ? 1 / Math.sqrt(left) : Infinity
  })
}
