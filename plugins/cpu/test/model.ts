/** A small decoder with every operation switchable, and what is needed to train it. */
import { type Builder, builder, type Executable, elements, type OptimizerKind, type Training } from "@ts/program"

export interface ModelOptions {
  readonly vocabulary: number
  readonly sequenceLength: number
  readonly width: number
  readonly heads: number
  readonly layers: number
  readonly hidden?: number
  readonly bias?: boolean
  readonly positions?: "alibi" | "learned" | "rotary" | "none"
  readonly qkNorm?: boolean
  readonly tied?: boolean
  readonly optimizer?: OptimizerKind
  readonly averages?: readonly string[]
}

export const model = (options: ModelOptions): Training => {
  const { vocabulary, sequenceLength, width: d, heads, layers, positions = "alibi", averages = [] } = options
  const hidden = options.hidden ?? 4 * d
  const build: Builder = builder({ sequenceLength, vocabulary })
  const optional = (name: string, shape: readonly number[]) =>
    options.bias ? { bias: build.parameter(name, shape) } : {}
  const linear = (name: string, x: string, inputs: number, outputs: number, more: object = {}) =>
    build.linear({
      x,
      weight: build.parameter(`${name}.weight`, [outputs, inputs]),
      ...optional(`${name}.bias`, [outputs]),
      ...more,
      out: name,
    })
  const norm = (name: string, x: string) =>
    build.norm({
      x,
      gain: build.parameter(`${name}.gain`, [d]),
      ...optional(`${name}.bias`, [d]),
      eps: 1e-5,
      out: name,
    })
  const learned = positions === "learned" ? { positions: build.parameter("wpe", [sequenceLength, d]) } : {}
  const table = build.parameter("wte", [vocabulary, d])
  let x = build.embed({ table, ...learned, scale: "scale.embed", out: "embedding" })
  for (let i = 0; i < layers; i++) {
    let qkv = linear(`${i}.qkv`, norm(`${i}.norm1`, x), d, 3 * d)
    if (options.qkNorm) {
      const gains = { qgain: build.parameter(`${i}.qgain`, [d]), kgain: build.parameter(`${i}.kgain`, [d]) }
      const biases = options.bias
        ? { qbias: build.parameter(`${i}.qbias`, [d]), kbias: build.parameter(`${i}.kbias`, [d]) }
        : {}
      qkv = build.qkNorm({ x: qkv, ...gains, ...biases, eps: 1e-5, out: `${i}.qknorm` })
    }
    if (positions === "rotary") qkv = build.rotary({ x: qkv, heads, theta: 1e4, out: `${i}.rotary` })
    const y = build.attention({
      qkv,
      heads,
      alibi: positions === "alibi",
      scale: "scale.attention",
      out: `${i}.attention`,
    })
    const middle = linear(`${i}.out`, y, d, d, { residual: x, scale: "scale.residual" })
    const up = linear(`${i}.up`, norm(`${i}.norm2`, middle), d, hidden)
    const activated = build.gelu({ x: up, out: `${i}.gelu` })
    x = linear(`${i}.down`, activated, hidden, d, { residual: middle, scale: "scale.residual" })
  }
  const head = options.tied ? table : build.parameter("head", [vocabulary, d])
  build.crossEntropy(build.linear({ x: norm("normf", x), weight: head, scale: "scale.logits", out: "logits" }))
  return build.training({ optimizer: options.optimizer ?? "adamw", averages })
}

/** Park and Miller's generator: uniform on (0, 1). */
export const uniform = (seed: number) => {
  let state = ((seed * 7919) % 2147483646) + 1
  return (): number => {
    state = (state * 48271) % 2147483647
    return state / 2147483647
  }
}

export const parametersOf = (training: Training) => training.buffers.filter(({ storage }) => storage === "parameter")

/** Weights of a plausible size: gains near 1, matrices of std 1 / sqrt(fan in), embeddings of std 1. */
export const weights = (training: Training, seed: number): ReadonlyMap<string, Float32Array> => {
  const random = uniform(seed)
  const normal = () => Math.sqrt(-2 * Math.log(random())) * Math.cos(2 * Math.PI * random())
  return new Map(
    parametersOf(training).map((buffer) => {
      const std = buffer.shape.length === 2 && buffer.name !== "wte" ? 1 / Math.sqrt(buffer.shape[1]) : 0.2
      const mean = /gain$/.test(buffer.name) ? 1 : 0
      return [buffer.name, Float32Array.from({ length: elements(buffer) }, () => mean + std * normal())]
    }),
  )
}

export const tokens = (training: Training, sequences: number, seed: number): Int32Array => {
  const random = uniform(seed + 1000)
  const count = sequences * (training.sequenceLength + 1)
  return Int32Array.from({ length: count }, () => Math.floor(random() * training.vocabulary))
}

/** Weights and every constant scalar of a lane. */
export const prepare = async (
  executable: Executable,
  training: Training,
  lane: number,
  seed: number,
): Promise<void> => {
  const constants: Record<string, number> = { clip: 1, beta1: 0.9, beta2: 0.95, momentum: 0.9 }
  const value = (name: string): number =>
    constants[name] ??
    (name.startsWith("averageDecay")
      ? 0.9
      : name.startsWith("eps")
        ? 1e-8
        : name === "scale.attention"
          ? 0.3
          : 1 - 0.01 * seed)
  const fixed = training.scalars.filter((name) => !training.stepScalars.includes(name))
  executable.scalars(lane, Object.fromEntries(fixed.map((name) => [name, value(name)])))
  for (const [name, values] of weights(training, seed)) await executable.write(lane, name, values)
}

/** Step scalars of step t, for a batch of so many tokens. */
export const step = (training: Training, t: number, batch: number): Float64Array => {
  const values: Readonly<Record<string, number>> = {
    gradScale: 1 / batch,
    eta: 0.003,
    decay: 1e-4,
    correction1: 1 - 0.9 ** t,
    correction2: 1 - 0.95 ** t,
  }
  return Float64Array.from(training.stepScalars, (name) => values[name])
}
