/**
 * A residual linear network in float64 with its own training loop: h_0 = W_in x, h_l = h_(l-1) + c W_l h_(l-1), logits = k W_out h_L,
 * squared error to random targets. Small enough to be read, and it takes from the package under test only the numbers of a plan.
 */
import { type CoordinateObservation, type Parametrisation, plan, type Shape, type TensorShape } from "../src/index.ts"

export interface Training {
  readonly parametrisation: Parametrisation
  readonly width: number
  readonly baseWidth: number
  readonly depth: number
  readonly baseDepth: number
  readonly optimizer: "adam" | "sgd"
  readonly lr: number
  readonly eps: number
  readonly steps: number
  readonly seed: number
  readonly zeroReadout?: boolean
  /** The readout is the transpose of W_in; there is no W_out. */
  readonly tied?: boolean
  /** Ignore the plan's epsilon multipliers. */
  readonly fixedEps?: boolean
}

export interface Trained {
  readonly observations: readonly CoordinateObservation[]
  /** RMS of each tensor's gradient at initialisation. */
  readonly gradientRms: ReadonlyMap<string, number>
}

const inputs = 8
const outputs = inputs
const batch = 6

export const train = (t: Training): Trained => {
  const { width: d, baseWidth: b, depth } = t
  const shape: Shape = { width: d, depth, headSize: d, baseWidth: b, baseDepth: t.baseDepth, baseHeadSize: b }
  const layers = Array.from({ length: depth }, (_, l) => `block${l}`)
  const hidden = {
    role: "hidden",
    fanIn: d,
    fanOut: d,
    baseFanIn: b,
    baseFanOut: b,
    block: true,
    residual: true,
    baseStd: 0.5 * b ** -0.5,
  } as const
  // Small beside the targets, so that the shrinking of the initial logits hardly changes the gradient (the known transient).
  const readout = t.zeroReadout === true ? { constant: 0 } : { baseStd: 0.25 * b ** -0.5 }
  const tensors: TensorShape[] = [
    { name: "in", role: "input", fanIn: inputs, fanOut: d, baseFanIn: inputs, baseFanOut: b, baseStd: inputs ** -0.5 },
    ...layers.map((name): TensorShape => ({ name, ...hidden })),
    { name: "out", role: "output", fanIn: d, fanOut: outputs, baseFanIn: b, baseFanOut: outputs, ...readout },
  ].slice(0, t.tied === true ? -1 : undefined) as TensorShape[]
  const p = plan(t.parametrisation, shape, tensors)
  const normal = normals(t.seed + 1)
  const data = normals(999)
  const x = fill(batch * inputs, data)
  const target = fill(batch * outputs, data)
  const weights = tensors.map((s, i) => fill(s.fanIn * s.fanOut, () => normal() * p.tensors[i]!.initStd))
  const first = weights.map((w) => new Float64Array(w.length))
  const second = weights.map((w) => new Float64Array(w.length))

  const observations: CoordinateObservation[] = []
  const gradientRms = new Map<string, number>()
  let initial: Float64Array[] = []
  for (let step = 0; step <= t.steps; step++) {
    // Forward.
    const h = [product(x, weights[0]!, inputs, d)]
    for (let l = 0; l < depth; l++) {
      const branch = product(h[l]!, weights[l + 1]!, d, d)
      h.push(branch.map((v, i) => h[l]![i]! + p.residualMultiplier * v))
    }
    const readoutWeights = t.tied === true ? transpose(weights[0]!, d, inputs) : weights[depth + 1]!
    const logits = product(h[depth]!, readoutWeights, d, outputs).map((v) => v * p.logitMultiplier)
    const blocks = h[depth]!.map((v, i) => v - h[0]![i]!)
    const acts = [h[0]!, blocks, h[depth]!, logits]
    if (step === 0) initial = acts
    for (const [i, layer] of ["embedding", "blocks", "last block", "logits"].entries()) {
      const moved = step === 0 ? acts[i]! : acts[i]!.map((v, j) => v - initial[i]![j]!)
      const kind = layer === "logits" ? "logits" : "activation"
      observations.push({ width: d, seed: t.seed, step, layer, kind, rms: rms(moved) })
    }
    // Backward.
    const dLogits = logits.map((v, i) => ((v - target[i]!) / (batch * outputs)) * p.logitMultiplier)
    const gradients: Float64Array[] = []
    const dReadout = outer(dLogits, h[depth]!, outputs, d)
    let dh = productTransposed(dLogits, readoutWeights, outputs, d)
    for (let l = depth - 1; l >= 0; l--) {
      const dBranch = dh.map((v) => v * p.residualMultiplier)
      gradients[l + 1] = outer(dBranch, h[l]!, d, d)
      const through = productTransposed(dBranch, weights[l + 1]!, d, d)
      dh = dh.map((v, i) => v + through[i]!)
    }
    gradients[0] = outer(dh, x, d, inputs)
    if (t.tied === true) for (const [i, v] of transpose(dReadout, outputs, d).entries()) gradients[0][i]! += v
    else gradients[depth + 1] = dReadout
    if (step === 0) for (const [i, s] of tensors.entries()) gradientRms.set(s.name, rms(gradients[i]!))
    // Update.
    for (const [i, w] of weights.entries()) {
      const g = gradients[i]!
      if (t.optimizer === "sgd") {
        for (let j = 0; j < w.length; j++) w[j]! -= t.lr * p.tensors[i]!.sgd.lr * g[j]!
        continue
      }
      const { lr, eps } = p.tensors[i]!.adam
      for (let j = 0; j < w.length; j++) {
        first[i]![j] = 0.9 * first[i]![j]! + 0.1 * g[j]!
        second[i]![j] = 0.95 * second[i]![j]! + 0.05 * g[j]! ** 2
        const m = first[i]![j]! / (1 - 0.9 ** (step + 1))
        const v = second[i]![j]! / (1 - 0.95 ** (step + 1))
        w[j]! -= (t.lr * lr * m) / (Math.sqrt(v) + t.eps * (t.fixedEps === true ? 1 : eps))
      }
    }
  }
  return { observations, gradientRms }
}

const rms = (a: Float64Array): number => Math.sqrt(a.reduce((s, v) => s + v * v, 0) / a.length)

const fill = (n: number, next: () => number): Float64Array => Float64Array.from({ length: n }, next)

/** [batch, k] times the transpose of [n, k]. */
const product = (a: Float64Array, w: Float64Array, k: number, n: number): Float64Array => {
  const y = new Float64Array(batch * n)
  for (let r = 0; r < batch; r++)
    for (let o = 0; o < n; o++) {
      let sum = 0
      for (let i = 0; i < k; i++) sum += a[r * k + i]! * w[o * k + i]!
      y[r * n + o] = sum
    }
  return y
}

/** [batch, n] times [n, k]. */
const productTransposed = (a: Float64Array, w: Float64Array, n: number, k: number): Float64Array => {
  const y = new Float64Array(batch * k)
  for (let r = 0; r < batch; r++)
    for (let o = 0; o < n; o++) for (let i = 0; i < k; i++) y[r * k + i]! += a[r * n + o]! * w[o * k + i]!
  return y
}

/** [n, k] to [k, n]. */
const transpose = (a: Float64Array, n: number, k: number): Float64Array =>
  Float64Array.from({ length: n * k }, (_, i) => a[(i % n) * k + Math.floor(i / n)]!)

/** Sum over the batch of the outer products: [n, k]. */
const outer = (dy: Float64Array, a: Float64Array, n: number, k: number): Float64Array => {
  const g = new Float64Array(n * k)
  for (let r = 0; r < batch; r++)
    for (let o = 0; o < n; o++) for (let i = 0; i < k; i++) g[o * k + i]! += dy[r * n + o]! * a[r * k + i]!
  return g
}

/** Standard normal numbers by Box and Muller from a multiplicative congruential generator (Park and Miller). */
const normals = (seed: number): (() => number) => {
  let state = (seed * 7919 + 17) % 2147483647
  const uniform = () => {
    state = (state * 48271) % 2147483647
    return state / 2147483647
  }
  for (let i = 0; i < 10; i++) uniform()
  return () => Math.sqrt(-2 * Math.log(uniform())) * Math.cos(2 * Math.PI * uniform())
}
