/** Against the float64 reference: losses, every gradient and activation, then whole steps by their loss. */
import "../test/build.ts"
import { type Executable, gradientOf, referenceDevice, type Training } from "@ts/program"
import { describe, expect, it } from "vitest"
import { type ModelOptions, model, parametersOf, prepare, step, tokens } from "../test/model.ts"
import { cpuAvailability, cpuDevice } from "./index.ts"

const availability = cpuAvailability()
if (!availability.available) throw new Error(availability.reason)

/** Not Math.hypot(...values): an argument list has its limits. */
const length = (values: ArrayLike<number>): number => {
  let squares = 0
  for (let i = 0; i < values.length; i++) squares += values[i] ** 2
  return Math.sqrt(squares)
}

const difference = (x: ArrayLike<number>, reference: ArrayLike<number>): number => {
  let error = 0
  let size = 0
  for (let i = 0; i < reference.length; i++) {
    error += (x[i] - reference[i]) ** 2
    size += reference[i] ** 2
  }
  return Math.sqrt(error / size)
}

const even: ModelOptions = { vocabulary: 48, sequenceLength: 32, width: 32, heads: 2, layers: 2 }
const models: Readonly<Record<string, ModelOptions>> = {
  "the plain decoder": even,
  "biases, learned positions, tied": { ...even, bias: true, positions: "learned", tied: true },
  "rotary and QK-norm": { ...even, positions: "rotary", qkNorm: true, bias: true },
  "QK-norm without biases": { ...even, positions: "none", qkNorm: true },
  "odd sizes": { vocabulary: 37, sequenceLength: 13, width: 21, heads: 3, layers: 1, hidden: 35, bias: true },
  "a head of one": { vocabulary: 5, sequenceLength: 3, width: 3, heads: 3, layers: 1, hidden: 1 },
  "sequences over a panel": { vocabulary: 19, sequenceLength: 81, width: 24, heads: 2, layers: 1 },
  "products in several slices": { vocabulary: 7, sequenceLength: 5, width: 206, heads: 2, layers: 1, hidden: 301 },
  "a long sequence": { vocabulary: 19, sequenceLength: 160, width: 40, heads: 1, layers: 1 },
}

const activations = (training: Training) =>
  training.buffers.filter(({ storage }) => storage === "activation").map(({ name }) => name)

const compile = async (executable: Promise<Executable>, training: Training): Promise<Executable> => {
  const compiled = await executable
  await prepare(compiled, training, 0, 1)
  return compiled
}

describe.each(availability.instructionSets)("%s against the reference", (instructionSet) => {
  it.each(Object.entries(models))("%s", async (_, options) => {
    const training = model(options)
    const sequences = 3
    const setting = { lanes: 1, microBatch: sequences, keep: activations(training) }
    const device = await cpuDevice({ instructionSet })
    const cpu = await compile(device.compile(training, setting), training)
    const reference = await compile(referenceDevice().compile(training, setting), training)
    const call = { program: "grad", sequences, tokens: [tokens(training, sequences, 7)] } as const
    const [[losses], [expected]] = await Promise.all([cpu.run([call]), reference.run([call])])
    expect(difference(losses, expected)).toBeLessThan(1e-6)

    const norms = await Promise.all(
      parametersOf(training).map(async ({ name }) => length(await reference.read(0, gradientOf(name)))),
    )
    const negligible = 1e-6 * length(norms)
    const names = [...parametersOf(training).map(({ name }) => gradientOf(name)), ...activations(training)]
    for (const name of names) {
      const [x, truth] = [await cpu.read(0, name), await reference.read(0, name)]
      expect(x.length).toBe(truth.length)
      if (length(truth) > negligible) expect(difference(x, truth), name).toBeLessThan(1e-5)
    }
    cpu.dispose()
  })

  it.each(["adamw", "sgd", "signum"] as const)("ten steps of %s", async (optimizer) => {
    const training = model({ ...even, optimizer, averages: ["slow"] })
    const device = await cpuDevice({ instructionSet })
    const cpu = await compile(device.compile(training, { lanes: 1, microBatch: 2 }), training)
    const reference = await compile(referenceDevice().compile(training, { lanes: 1, microBatch: 2 }), training)
    const calls = Array.from({ length: 10 }, (_, t) => [
      { program: "grad", sequences: 2, tokens: [tokens(training, 2, t)] } as const,
      { program: "update", scalars: [step(training, t + 1, 64)] } as const,
    ]).flat()
    const average = { name: "slow", correction: Float64Array.of(1 / (1 - 0.9 ** 10)) }
    const evaluate = { program: "evaluate", sequences: 2, tokens: [tokens(training, 2, 99)] } as const
    const all = [...calls, evaluate, { ...evaluate, average }, evaluate]
    const [x, truth] = await Promise.all([cpu.run(all), reference.run(all)])
    truth.forEach((values, i) => {
      expect(difference(x[i], values), `call ${i}`).toBeLessThan(optimizer === "signum" ? 1e-3 : 1e-4)
    })
    expect(x.at(-1)).toEqual(x.at(-3))
    cpu.dispose()
  })
})
