/** Each operation the device lists, forward and backward, against the float64 reference on random shapes. */
import { type Device, gradientOf, referenceDevice, type Training } from "@ts/program"
import { random } from "@ts/random"
import { expect } from "vitest"
import { type DeviceCase, needs } from "./deviceCase.ts"
import { type Probe, type ProbeSizes, probes, probeTraining } from "./deviceModels.ts"
import { faults, globalNorm, type Numbers, namesOf, negligible, tolerances } from "./deviceNumbers.ts"
import { gradOf, readAll, withExecutable } from "./deviceProgram.ts"

interface Shape extends ProbeSizes {
  readonly sequences: number
  /** The operation's backward adds to a gradient that is there. */
  readonly beside: boolean
}

/** A plain shape, sequences of one token, and odd sizes drawn by seed. */
const shapesOf = (probe: Probe): Shape[] => {
  const draw = random(0, probe.name)
  const pick = (index: number, from: readonly number[]) => from[draw.below(index, from.length)]
  const heads = pick(0, [1, 2, 3])
  // Rotary pairs need heads of even size; the largest sizes cross what a kernel is likely to tile by.
  const odd = 2 * heads * pick(1, [3, 7, 11])
  return [
    { width: 32, heads: 2, sequenceLength: 16, vocabulary: 64, sequences: 2, beside: false },
    { width: 36, heads: 3, sequenceLength: 1, vocabulary: 5, sequences: 3, beside: true },
    {
      width: odd,
      heads,
      sequenceLength: pick(2, [3, 7, 19]),
      vocabulary: pick(3, [2, 17, 131]),
      sequences: 5,
      beside: true,
    },
    {
      width: 40 * heads,
      heads,
      sequenceLength: pick(4, [33, 67]),
      vocabulary: pick(5, [97, 257]),
      sequences: 1,
      beside: false,
    },
  ]
}

interface Outcome {
  readonly losses: Numbers
  readonly activations: ReadonlyMap<string, Numbers>
  readonly gradients: ReadonlyMap<string, Numbers>
  readonly activationGradients: ReadonlyMap<string, Numbers>
}

const outcome = async (device: Device, training: Training, sequences: number): Promise<Outcome> => {
  const made = new Set(training.evaluate.flatMap(({ outputs }) => Object.values(outputs)))
  const keep = namesOf(training, "activation")
  return withExecutable(device, training, { microBatch: sequences, keep }, async (executable) => {
    const [losses] = await executable.run([gradOf(training, sequences, 2)])
    return {
      losses,
      activations: await readAll(
        executable,
        keep.filter((name) => made.has(name)),
      ),
      gradients: await readAll(executable, namesOf(training, "parameter").map(gradientOf)),
      activationGradients: await readAll(
        executable,
        keep.filter((name) => !made.has(name)),
      ),
    }
  })
}

const compare = async (device: Device, training: Training, sequences: number): Promise<void> => {
  const tolerance = tolerances[device.info.precision]
  const got = await outcome(device, training, sequences)
  const reference = await outcome(referenceDevice(), training, sequences)
  const floor = (tensors: ReadonlyMap<string, Numbers>) => negligible * globalNorm(tensors.values())
  expect([
    ...faults(new Map([["losses", got.losses]]), new Map([["losses", reference.losses]]), tolerance),
    ...faults(got.activations, reference.activations, tolerance),
    ...faults(got.gradients, reference.gradients, tolerance, floor(reference.gradients)),
    ...faults(got.activationGradients, reference.activationGradients, tolerance, floor(reference.activationGradients)),
  ]).toEqual([])
}

export const operationCases = (): DeviceCase[] =>
  probes.flatMap((probe) =>
    shapesOf(probe).map((shape) => {
      const training = probeTraining(probe, shape, shape.beside)
      const { width, heads, sequenceLength, vocabulary, sequences, beside } = shape
      const sizes = `width ${width}, heads ${heads}, ${sequences} x ${sequenceLength} tokens, vocabulary ${vocabulary}`
      return {
        name: `${probe.name}${beside ? " beside a residual" : ""}: ${sizes}`,
        skip: needs(training),
        run: (device: Device) => compare(device, training, sequences),
      }
    }),
  )
