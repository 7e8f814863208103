/** A small two-layer decoder that uses every operation, and numbers to run it with: for tests only. */
import { type Buffer, type Builder, builder, elements, type Training, type TrainingOptions } from "../src/index.ts"

/** Uniform numbers in [0, 1): Marsaglia's xorshift, 32 bits. */
export const uniform = (seed: number): (() => number) => {
  let state = Math.imul(seed + 1, 0x9e3779b1) | 1
  return () => {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    return (state >>> 0) / 2 ** 32
  }
}

/** Standard normal numbers (Box & Muller). */
export const normal = (seed: number): (() => number) => {
  const next = uniform(seed)
  return () => Math.sqrt(-2 * Math.log(1 - next())) * Math.cos(2 * Math.PI * next())
}

export interface Shape {
  readonly width: number
  readonly heads: number
  readonly sequenceLength: number
  readonly vocabulary: number
  readonly tied: boolean
  readonly positions: "learned" | "rotary" | "alibi"
  readonly bias: boolean
  readonly qkNorm: boolean
}

export const plain: Shape = {
  width: 8,
  heads: 2,
  sequenceLength: 5,
  vocabulary: 11,
  tied: false,
  positions: "alibi",
  bias: false,
  qkNorm: false,
}

const block = (b: Builder, shape: Shape, x: string, layer: number): string => {
  const { width, heads, bias } = shape
  const at = (name: string) => `block${layer}.${name}`
  const weight = (name: string, ...sizes: number[]) => b.parameter(at(name), sizes)
  const maybeBias = (name: string, size: number) => (bias ? { bias: weight(name, size) } : {})
  const h1 = b.norm({ x, gain: weight("n1.w", width), ...maybeBias("n1.b", width), eps: 1e-5, out: at("h1") })
  const wqkv = weight("qkv.w", 3 * width, width)
  let qkv = b.linear({ x: h1, weight: wqkv, ...maybeBias("qkv.b", 3 * width), scale: "scale.qkv", out: at("qkv") })
  if (shape.qkNorm) {
    const qgain = weight("q.w", width)
    const kgain = weight("k.w", width)
    const biases = bias ? { qbias: weight("q.b", width), kbias: weight("k.b", width) } : {}
    qkv = b.qkNorm({ x: qkv, qgain, kgain, ...biases, eps: 1e-5, out: at("qkn") })
  }
  if (shape.positions === "rotary") qkv = b.rotary({ x: qkv, heads, theta: 10_000, out: at("rot") })
  const attended = b.attention({ qkv, heads, alibi: shape.positions === "alibi", scale: "scale.a", out: at("att") })
  const wo = weight("o.w", width, width)
  const mid = b.linear({ x: attended, weight: wo, ...maybeBias("o.b", width), residual: x, out: at("mid") })
  const h2 = b.norm({ x: mid, ...(bias && { gain: weight("n2.w", width) }), eps: 1e-5, out: at("h2") })
  const up = b.linear({
    x: h2,
    weight: weight("up.w", 4 * width, width),
    ...maybeBias("up.b", 4 * width),
    out: at("up"),
  })
  const down = { x: b.gelu({ x: up, out: at("gelu") }), weight: weight("down.w", width, 4 * width), residual: mid }
  return b.linear({ ...down, ...maybeBias("down.b", width), scale: "scale.down", out: at("out") })
}

export const smallModel = (shape: Shape, options: TrainingOptions = { optimizer: "adamw" }): Training => {
  const { width, sequenceLength, vocabulary } = shape
  const b = builder({ sequenceLength, vocabulary })
  const table = b.parameter("table", [vocabulary, width])
  const learned = shape.positions === "learned" ? { positions: b.parameter("positions", [sequenceLength, width]) } : {}
  let x = b.embed({ table, ...learned, scale: "scale.in", out: "x" })
  x = block(b, shape, x, 0)
  x = block(b, shape, x, 1)
  x = b.norm({ x, gain: b.parameter("final.w", [width]), eps: 1e-5, out: "final" })
  const readout = shape.tied ? table : b.parameter("readout", [vocabulary, width])
  b.crossEntropy(b.linear({ x, weight: readout, scale: "scale.out", out: "logits" }))
  return b.training(options)
}

/** Forward scalars of the model, none of them 1. */
export const scales = { "scale.in": 1.3, "scale.qkv": 0.9, "scale.a": 0.6, "scale.down": 0.8, "scale.out": 1.7 }

export const parametersOf = (training: Training): Buffer[] =>
  training.buffers.filter(({ storage }) => storage === "parameter")

/** Weights of all parameters: normal, gains around 1. */
export const weights = (training: Training, seed: number): Map<string, Float64Array> => {
  const next = normal(seed)
  return new Map(
    parametersOf(training).map((buffer) => {
      const around = buffer.name.endsWith("w") && buffer.shape.length === 1 ? 1 : 0
      return [buffer.name, Float64Array.from({ length: elements(buffer) }, () => around + 0.4 * next())]
    }),
  )
}

/** `sequences` rows of S + 1 ids. */
export const tokens = (training: Training, sequences: number, seed: number): Int32Array => {
  const next = uniform(seed)
  const { sequenceLength, vocabulary } = training
  return Int32Array.from({ length: sequences * (sequenceLength + 1) }, () => Math.floor(next() * vocabulary))
}
