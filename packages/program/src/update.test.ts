import { adamw, averageStep, clipFactor, globalNorm, sgd, signum } from "@ts/optim"
import { describe, expect, it } from "vitest"
import { normal, parametersOf, plain, scales, smallModel, tokens, weights } from "../test/small-model.ts"
import { type Call, gradientOf, type OptimizerKind, referenceDevice, updateProgram } from "./index.ts"

/** One step by `@ts/optim`, where the arithmetic of optimisers is written down on its own. */
const expected = (
  kind: OptimizerKind,
  values: Float64Array,
  gradient: Float64Array,
  states: readonly Float64Array[],
  gradScale: number,
  step: number,
) => {
  const shared = { lr: 0.02 * 1.5, coupling: "coupled-to-lr", weightDecay: 0.1, schedule: 1 } as const
  const [first, second] = states
  if (kind === "adamw") {
    adamw(values, gradient, first, second, { ...shared, beta1: 0.9, beta2: 0.95, eps: 1e-6, step }, gradScale)
  } else if (kind === "sgd") sgd(values, gradient, first, { ...shared, momentum: 0.8 }, gradScale)
  else signum(values, gradient, first, { ...shared, momentum: 0.8 }, gradScale)
}

const distance = (a: ArrayLike<number>, b: ArrayLike<number>) =>
  Math.hypot(...Array.from(a, (value, i) => value - b[i])) / Math.max(Math.hypot(...Array.from(b)), 1e-300)

describe.each(["adamw", "sgd", "signum"] as const)("%s on the reference device", (optimizer) => {
  const states = optimizer === "adamw" ? ["m", "v"] : ["momentum"]

  it.each([0.05, Number.POSITIVE_INFINITY])("is the rule of @ts/optim, clipped at %d", async (clip) => {
    const training = smallModel(plain, { optimizer, averages: ["a"] })
    const device = await referenceDevice().compile(training, { lanes: 1, microBatch: 2 })
    const lane = Object.fromEntries(
      [
        ...Object.entries({ ...scales, clip, beta1: 0.9, beta2: 0.95, momentum: 0.8, "averageDecay:a": 0.7 }),
        ...parametersOf(training).flatMap(({ name }): [string, number][] => [
          [`eta:${name}`, 1.5],
          [`decay:${name}`, 1.5],
          [`eps:${name}`, 1e-6],
        ]),
      ].filter(([name]) => training.scalars.includes(String(name))),
    )
    device.scalars(0, lane)
    const mine = weights(training, 1)
    for (const [name, values] of mine) await device.write(0, name, values)
    const state = new Map([...mine].map(([name, { length }]) => [name, states.map(() => new Float64Array(length))]))
    const averages = new Map([...mine].map(([name, { length }]) => [name, new Float64Array(length)]))
    const gradScale = 1 / 10

    for (let step = 1; step <= 4; step++) {
      const grad: Call = { program: "grad", sequences: 2, tokens: [tokens(training, 2, step)] }
      await device.run([grad])
      const gradients = new Map<string, Float64Array>()
      for (const name of mine.keys()) gradients.set(name, Float64Array.from(await device.read(0, gradientOf(name))))
      const perStep = {
        gradScale,
        eta: 0.02,
        decay: 0.02 * 0.1,
        correction1: 1 - 0.9 ** step,
        correction2: 1 - 0.95 ** step,
      }
      const scalars = training.stepScalars.map((name) => perStep[name as keyof typeof perStep])
      const [[norm]] = await device.run([{ program: "update", scalars: [Float64Array.from(scalars)] }])
      expect(norm).toBeCloseTo(globalNorm(gradients.values(), gradScale), 12)
      const factor = gradScale * clipFactor(norm, clip)
      for (const [name, values] of mine) {
        expected(optimizer, values, gradients.get(name)!, state.get(name)!, factor, step)
        averageStep(averages.get(name)!, values, 0.7)
      }
    }
    for (const [name, values] of mine) {
      expect(distance(await device.read(0, name), values), name).toBeLessThan(1e-12)
      expect(distance(await device.read(0, `average:a:${name}`), averages.get(name)!), name).toBeLessThan(1e-12)
      for (const [i, prefix] of states.entries()) {
        const held = await device.read(0, `${prefix}:${name}`)
        expect(distance(held, state.get(name)![i]), `${prefix}:${name}`).toBeLessThan(1e-12)
      }
    }
  })
})

describe("updateProgram", () => {
  const parameter = { name: "w", storage: "parameter", shape: [2, 3], perToken: false } as const

  it("names state, averages and scalars after the parameter", () => {
    const program = updateProgram({ parameters: [parameter], optimizer: "adamw", averages: ["ewa:0.9"] })
    expect(program.buffers.map(({ name, shape }) => [name, shape])).toEqual([
      ["norm", [1]],
      ["m:w", [2, 3]],
      ["v:w", [2, 3]],
      ["average:ewa:0.9:w", [2, 3]],
    ])
    expect(program.ops.map(({ kind }) => kind)).toEqual(["global_norm", "adamw", "average"])
    expect(program.ops[1].scalars).toMatchObject({ etaMultiplier: "eta:w", decayMultiplier: "decay:w", eps: "eps:w" })
    expect(program.ops[2].scalars).toEqual({ averageDecay: "averageDecay:ewa:0.9" })
    expect(program.averages).toEqual({ "ewa:0.9": { w: "average:ewa:0.9:w" } })
    expect(program.stepScalars).toEqual(["gradScale", "eta", "decay", "correction1", "correction2"])
  })

  it("needs no corrections for sgd and signum", () => {
    for (const optimizer of ["sgd", "signum"] as const) {
      const program = updateProgram({ parameters: [parameter], optimizer })
      expect(program.stepScalars).toEqual(["gradScale", "eta", "decay"])
      expect(program.buffers.map(({ name }) => name)).toEqual(["norm", "momentum:w"])
    }
  })

  it("lets a norm that overflowed pass where clipping is off", async () => {
    const training = smallModel(plain, { optimizer: "sgd" })
    const device = await referenceDevice().compile(training, { lanes: 1, microBatch: 1 })
    device.scalars(0, { ...scales, clip: Number.POSITIVE_INFINITY, "eta:table": 1 })
    const next = normal(1)
    for (const [name, values] of weights(training, 1))
      await device.write(
        0,
        name,
        values.map(() => next()),
      )
    const grad: Call = { program: "grad", sequences: 1, tokens: [tokens(training, 1, 1)] }
    const [, [norm]] = await device.run([grad, { program: "update", scalars: [Float64Array.of(1e200, 1e-200, 0)] }])
    expect(norm).toBe(Number.POSITIVE_INFINITY)
    expect((await device.read(0, "table")).every(Number.isFinite)).toBe(true)
  })
})
