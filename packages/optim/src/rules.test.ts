/** Every optimiser, both array types: what holds for all, then each against its closed form. */
import { describe, expect, it } from "vitest"
import {
  adamw,
  type Coupling,
  HyperparameterError,
  type OptimizerKind,
  optimizers,
  sgd,
  signum,
  type Tensor,
} from "./index.ts"

interface Settings {
  readonly lr: number
  readonly weightDecay: number
  readonly coupling: Coupling
  readonly schedule: number
  readonly beta: number
  readonly beta2: number
  readonly eps: number
  readonly step: number
}
const plain: Settings = {
  lr: 0.01,
  weightDecay: 0,
  coupling: "coupled-to-lr",
  schedule: 1,
  beta: 0.9,
  beta2: 0.95,
  eps: 1e-8,
  step: 1,
}

const rules: Record<OptimizerKind, (w: Tensor, g: Tensor, state: Array<Tensor>, s: Settings, scale?: number) => void> =
  {
    adamw: (w, g, [m, v], s, scale) => adamw(w, g, m!, v!, { ...s, beta1: s.beta }, scale),
    sgd: (w, g, [b], s, scale) => sgd(w, g, b!, { ...s, momentum: s.beta }, scale),
    signum: (w, g, [b], s, scale) => signum(w, g, b!, { ...s, momentum: s.beta }, scale),
  }
const kinds = Object.keys(rules) as Array<OptimizerKind>
const arrays = { Float32Array, Float64Array }
const crossed = kinds.flatMap((kind) =>
  (["Float32Array", "Float64Array"] as const).flatMap((array) =>
    [0, 1, 3, 17, 257].map((size) => ({ kind, array, size })),
  ),
)

/** Uneven values of both signs, with a zero among them. */
const wave = (array: keyof typeof arrays, size: number, phase: number): Tensor => {
  const out = new arrays[array](size)
  for (let i = 0; i < size; i++) out[i] = i % 7 === 3 ? 0 : Math.sin(1.7 * i + phase) * 10 ** ((i % 5) - 2)
  return out
}
const stateOf = (kind: OptimizerKind, array: keyof typeof arrays, size: number) =>
  optimizers[kind].state.map((): Tensor => new arrays[array](size))

/** The rules once more, for one element in plain scalars. */
const scalarRun = (kind: OptimizerKind, w: number, gradients: ReadonlyArray<number>, s: Settings): number => {
  let [a, b] = [0, 0]
  gradients.forEach((g, i) => {
    const t = i + 1
    const shrink = s.coupling === "independent" ? s.weightDecay * s.schedule : s.weightDecay * s.lr
    w -= shrink * w
    if (kind === "adamw") {
      a += (1 - s.beta) * (g - a)
      b += (1 - s.beta2) * (g * g - b)
      w -= (s.lr * (a / (1 - s.beta ** t))) / (Math.sqrt(b / (1 - s.beta2 ** t)) + s.eps)
    } else if (kind === "sgd") {
      a = s.beta * a + g
      w -= s.lr * a
    } else {
      a += (1 - s.beta) * (g - a)
      w -= s.lr * (a > 0 ? 1 : a < 0 ? -1 : 0)
    }
  })
  return w
}

describe.each(crossed)("$kind on a $array of $size", ({ kind, array, size }) => {
  const tolerance = array === "Float64Array" ? 1e-13 : 3e-6

  it.each(["coupled-to-lr", "independent"] as const)("follows its formula for 10 steps, decay %s", (coupling) => {
    const settings = { ...plain, weightDecay: 0.05, coupling, schedule: 0.5 }
    const param = wave(array, size, 0)
    const start = Array.from(param)
    const state = stateOf(kind, array, size)
    const gradients = Array.from({ length: 10 }, (_, t) => wave(array, size, t))
    gradients.forEach((gradient, t) => {
      rules[kind](param, gradient, state, { ...settings, step: t + 1 })
    })
    param.forEach((value, i) => {
      const series = gradients.map((gradient) => gradient[i]!)
      const expected = scalarRun(kind, start[i]!, series, settings)
      expect(Math.abs(value - expected)).toBeLessThanOrEqual(tolerance * Math.max(1, Math.abs(start[i]!)))
    })
  })

  it("stays put on a zero gradient without decay", () => {
    const param = wave(array, size, 1)
    const before = param.slice()
    const state = stateOf(kind, array, size)
    for (let step = 1; step <= 3; step++) rules[kind](param, new arrays[array](size), state, { ...plain, step })
    expect(param).toEqual(before)
    for (const tensor of state) expect(tensor).toEqual(new arrays[array](size))
  })

  it("decays on a zero gradient: (1 - lr lambda)^n coupled, (1 - lambda schedule)^n independent", () => {
    for (const [coupling, fraction] of [
      ["coupled-to-lr", 0.01 * 0.2],
      ["independent", 0.2 * 0.25],
    ] as const) {
      const param = wave(array, size, 1)
      const before = Array.from(param)
      const state = stateOf(kind, array, size)
      for (let step = 1; step <= 5; step++)
        rules[kind](param, new arrays[array](size), state, {
          ...plain,
          weightDecay: 0.2,
          schedule: 0.25,
          coupling,
          step,
        })
      param.forEach((value, i) => {
        expect(Math.abs(value - before[i]! * (1 - fraction) ** 5)).toBeLessThanOrEqual(tolerance * Math.abs(before[i]!))
      })
    }
  })

  it("gradScale 1/4 is the gradient divided by four", () => {
    const [one, other] = [wave(array, size, 2), wave(array, size, 2)]
    const gradient = wave(array, size, 5)
    rules[kind](one, gradient, stateOf(kind, array, size), plain, 0.25)
    rules[kind](other, gradient.map((value) => value / 4) as Tensor, stateOf(kind, array, size), plain)
    expect(one).toEqual(other)
  })
})

describe("closed forms on a constant gradient", () => {
  const run = (kind: OptimizerKind, gradient: number, steps: number, settings: Settings = plain) => {
    const param = new Float64Array(1)
    const state = stateOf(kind, "Float64Array", 1)
    for (let step = 1; step <= steps; step++)
      rules[kind](param, Float64Array.of(gradient), state, { ...settings, step })
    return param[0]!
  }

  it("adamw moves lr g / (|g| + eps) per step: the bias corrections cancel", () => {
    expect(run("adamw", 3, 50)).toBeCloseTo((-50 * 0.01 * 3) / (3 + 1e-8), 12)
    expect(run("adamw", -1e-3, 50, { ...plain, eps: 1e-3 })).toBeCloseTo((50 * 0.01) / 2, 12)
  })

  it("sgd moves lr g (t - mu (1 - mu^t) / (1 - mu)) / (1 - mu)", () => {
    const [mu, t] = [0.9, 30]
    expect(run("sgd", 2, t)).toBeCloseTo((-0.01 * 2 * (t - (mu * (1 - mu ** t)) / (1 - mu))) / (1 - mu), 12)
  })

  it("signum moves lr per step, against the momentum and not the gradient", () => {
    expect(run("signum", 1e-9, 10)).toBeCloseTo(-0.1, 14)
    const param = new Float64Array(1)
    const momentum = new Float64Array(1)
    for (const gradient of [1, -0.05]) signum(param, Float64Array.of(gradient), momentum, { ...plain, momentum: 0.9 })
    expect(param[0]).toBeCloseTo(-0.02, 15)
  })
})

describe("a diverged gradient", () => {
  it.each(kinds)("%s lets NaN through to that weight alone", (kind) => {
    const param = Float64Array.of(1, 1)
    rules[kind](param, Float64Array.of(Number.NaN, 1), stateOf(kind, "Float64Array", 2), plain)
    expect(param[0]).toBeNaN()
    expect(param[1]).toBeLessThan(1)
  })
})

describe("validation", () => {
  const bad: ReadonlyArray<readonly [field: string, kinds: ReadonlyArray<OptimizerKind>, settings: Partial<Settings>]> =
    [
      ["lr", kinds, { lr: -1 }],
      ["lr", kinds, { lr: Number.NaN }],
      ["lr", kinds, { lr: Number.POSITIVE_INFINITY }],
      ["weightDecay", kinds, { weightDecay: -0.1 }],
      ["weightDecay", kinds, { weightDecay: Number.NaN }],
      ["schedule", kinds, { schedule: 1.5 }],
      ["schedule", kinds, { schedule: Number.NaN }],
      ["coupling", kinds, { coupling: "decoupled" as Coupling }],
      ["beta1", ["adamw"], { beta: 1 }],
      ["beta1", ["adamw"], { beta: -0.1 }],
      ["beta2", ["adamw"], { beta2: 1 }],
      ["beta2", ["adamw"], { beta2: Number.NaN }],
      ["momentum", ["sgd", "signum"], { beta: 1 }],
      ["momentum", ["sgd", "signum"], { beta: Number.NaN }],
      ["eps", ["adamw"], { eps: 0 }],
      ["eps", ["adamw"], { eps: Number.NaN }],
      ["step", ["adamw"], { step: 0 }],
      ["step", ["adamw"], { step: 1.5 }],
    ]
  it.each(bad.flatMap(([field, which, settings]) => which.map((kind) => ({ kind, field, settings }))))(
    "$kind refuses $settings, names $field and changes nothing",
    ({ kind, field, settings }) => {
      const param = Float64Array.of(1, 2)
      const state = stateOf(kind, "Float64Array", 2)
      const attempt = () => rules[kind](param, Float64Array.of(1, 1), state, { ...plain, ...settings })
      expect(attempt).toThrow(HyperparameterError)
      expect(attempt).toThrow(`${field} is ${String(Object.values(settings)[0])}; it must be`)
      expect(param).toEqual(Float64Array.of(1, 2))
    },
  )

  it.each(kinds)("%s refuses tensors of unequal length", (kind) => {
    const attempt = () => rules[kind](new Float64Array(2), new Float64Array(3), stateOf(kind, "Float64Array", 2), plain)
    expect(attempt).toThrow("grad.length is 3; it must be the length of param, 2")
    const shortState = () =>
      rules[kind](new Float64Array(2), new Float64Array(2), stateOf(kind, "Float64Array", 1), plain)
    expect(shortState).toThrow(`${optimizers[kind].state[0]}.length is 1`)
  })
})
