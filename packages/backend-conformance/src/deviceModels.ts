/** The programs that devices are tried on: a probe around each operation, and a small decoder. */
import { type Builder, builder, type OptimizerKind, type Training } from "@ts/program"

/** Sizes of a probe. Widths are those of the operation's rows for one of q, k and v. */
export interface ProbeSizes {
  readonly width: number
  readonly heads: number
  readonly sequenceLength: number
  readonly vocabulary: number
}

/** From N x [rows] to whatever width the operation gives, which it returns with the name. */
type Middle = (b: Builder, x: string, sizes: ProbeSizes) => readonly [name: string, width: number]

export interface Probe {
  readonly name: string
  /** Width of the rows that the operation takes. */
  readonly rows: (sizes: ProbeSizes) => number
  readonly middle: Middle
  /** Optional slots of `embed`. */
  readonly positions?: true
  /** Read out by the table itself, which then collects two gradients. */
  readonly tied?: true
}

const one = ({ width }: ProbeSizes) => width
const three = ({ width }: ProbeSizes) => 3 * width
const itself: Middle = (_, x, { width }) => [x, width]

const norm =
  (gain: boolean, bias: boolean): Middle =>
  (b, x, { width }) => {
    const slots = {
      ...(gain && { gain: b.parameter("gain", [width]) }),
      ...(bias && { bias: b.parameter("bias", [width]) }),
    }
    return [b.norm({ x, ...slots, eps: 1e-5, out: "m" }), width]
  }
const linear =
  (bias: boolean, scale: boolean): Middle =>
  (b, x, { width }) => {
    const out = 2 * width + 3
    const slots = { ...(bias && { bias: b.parameter("bias", [out]) }), ...(scale && { scale: "scale.m" }) }
    return [b.linear({ x, weight: b.parameter("weight", [out, width]), ...slots, out: "m" }), out]
  }
const qkNorm =
  (bias: boolean): Middle =>
  (b, x, { width }) => {
    const gains = { qgain: b.parameter("qgain", [width]), kgain: b.parameter("kgain", [width]) }
    const biases = bias ? { qbias: b.parameter("qbias", [width]), kbias: b.parameter("kbias", [width]) } : {}
    return [b.qkNorm({ x, ...gains, ...biases, eps: 1e-5, out: "m" }), 3 * width]
  }
const attention =
  (alibi: boolean): Middle =>
  (b, qkv, { width, heads }) => [b.attention({ qkv, heads, alibi, scale: "scale.m", out: "m" }), width]

/** Each operation, with and without its optional slots. */
export const probes: readonly Probe[] = [
  { name: "embed, linear and cross_entropy", rows: one, middle: itself },
  { name: "embed with positions", rows: one, middle: itself, positions: true },
  { name: "embed with its table as readout", rows: one, middle: itself, tied: true },
  { name: "norm", rows: one, middle: norm(false, false) },
  { name: "norm with gain", rows: one, middle: norm(true, false) },
  { name: "norm with gain and bias", rows: one, middle: norm(true, true) },
  { name: "linear", rows: one, middle: linear(false, false) },
  { name: "linear with scale", rows: one, middle: linear(false, true) },
  { name: "linear with bias and scale", rows: one, middle: linear(true, true) },
  { name: "gelu", rows: one, middle: (b, x, { width }) => [b.gelu({ x, out: "m" }), width] },
  {
    name: "rotary",
    rows: three,
    middle: (b, x, { width, heads }) => [b.rotary({ x, heads, theta: 10_000, out: "m" }), 3 * width],
  },
  { name: "qk_norm", rows: three, middle: qkNorm(false) },
  { name: "qk_norm with biases", rows: three, middle: qkNorm(true) },
  { name: "attention", rows: three, middle: attention(false) },
  { name: "attention with ALiBi", rows: three, middle: attention(true) },
]

/**
 * The operation between an embedding and a readout; `beside` a residual its backward adds to what is there
 * instead of overwriting.
 */
export const probeTraining = (probe: Probe, sizes: ProbeSizes, beside: boolean): Training => {
  const { sequenceLength, vocabulary } = sizes
  const b = builder({ sequenceLength, vocabulary })
  const rows = probe.rows(sizes)
  const table = b.parameter("table", [vocabulary, rows])
  const positions = probe.positions ? { positions: b.parameter("positions", [sequenceLength, rows]) } : {}
  const x = b.embed({ table, ...positions, scale: "scale.in", out: "x" })
  let [y, width] = probe.middle(b, x, sizes)
  if (beside && y !== x) {
    y = b.linear({ x: y, weight: b.parameter("mix", [rows, width]), residual: x, out: "y" })
    width = rows
  }
  const readout = probe.tied ? table : b.parameter("readout", [vocabulary, width])
  b.crossEntropy(b.linear({ x: y, weight: readout, scale: "scale.out", out: "logits" }))
  return b.training({ optimizer: "sgd" })
}

/** The least program that trains: an embedding and a readout. */
export const bigram = (optimizer: OptimizerKind, averages: readonly string[] = []): Training => {
  const b = builder({ sequenceLength: 7, vocabulary: 29 })
  const x = b.embed({ table: b.parameter("table", [29, 33]), scale: "scale.in", out: "x" })
  b.crossEntropy(
    b.linear({ x, weight: b.parameter("readout", [29, 33]), bias: b.parameter("bias", [29]), out: "logits" }),
  )
  return b.training({ optimizer, averages })
}

const block = (b: Builder, x: string, layer: number, width: number): string => {
  const at = (name: string) => `block${layer}.${name}`
  const weight = (name: string, ...shape: number[]) => b.parameter(at(name), shape)
  const h = b.norm({ x, gain: weight("attention.gain", width), eps: 1e-5, out: at("h") })
  const qkv = b.linear({ x: h, weight: weight("qkv.weight", 3 * width, width), out: at("qkv") })
  const y = b.attention({ qkv, heads: 2, alibi: true, scale: "scale.attention", out: at("y") })
  const mid = b.linear({ x: y, weight: weight("out.weight", width, width), residual: x, out: at("mid") })
  const g = b.norm({ x: mid, gain: weight("mlp.gain", width), eps: 1e-5, out: at("g") })
  const up = b.linear({
    x: g,
    weight: weight("up.weight", 4 * width, width),
    bias: weight("up.bias", 4 * width),
    out: at("up"),
  })
  const down = weight("down.weight", width, 4 * width)
  return b.linear({ x: b.gelu({ x: up, out: at("act") }), weight: down, residual: mid, out: at("end") })
}

/** Two blocks of width 32, sequences of 9, vocabulary 61, table tied to the readout, one weight average. */
export const decoder = (): Training => {
  const width = 32
  const b = builder({ sequenceLength: 9, vocabulary: 61 })
  const table = b.parameter("table", [61, width])
  let x = b.embed({ table, scale: "scale.in", out: "x" })
  for (let layer = 0; layer < 2; layer++) x = block(b, x, layer, width)
  x = b.norm({ x, gain: b.parameter("gain", [width]), eps: 1e-5, out: "final" })
  b.crossEntropy(b.linear({ x, weight: table, scale: "scale.out", out: "logits" }))
  return b.training({ optimizer: "adamw", averages: ["slow"] })
}
