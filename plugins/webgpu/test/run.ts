/** Beside the suites: 200 steps of a small decoder on a device and on the reference, and gradients on odd shapes, in Node and on a page. */
import type { ConformanceTest } from "@ts/backend-conformance"
import { type Call, type Device, type Executable, gradientOf, referenceDevice, type Training } from "@ts/program"
import { type ModelOptions, model, prepare, step, tokens } from "../../cpu/test/model.ts"

const norm = (values: ArrayLike<number>): number => Math.sqrt(Array.from(values).reduce((sum, x) => sum + x * x, 0))

const distance = (x: ArrayLike<number>, reference: ArrayLike<number>): number =>
  norm(Array.from(reference, (value, i) => x[i] - value)) / norm(reference)

const opened = async <A>(
  device: Device,
  training: Training,
  microBatch: number,
  use: (e: Executable) => Promise<A>,
) => {
  const executable = await device.compile(training, { lanes: 1, microBatch })
  try {
    await prepare(executable, training, 0, 1)
    return await use(executable)
  } finally {
    await executable.dispose()
  }
}

/** Losses of each step, nats a token, on four batches in turn. */
export const losses = (device: Device, steps: number): Promise<number[]> => {
  const training = model({
    vocabulary: 32,
    sequenceLength: 8,
    width: 16,
    heads: 2,
    layers: 1,
    positions: "rotary",
    qkNorm: true,
    bias: true,
  })
  const sequences = 4
  const count = sequences * training.sequenceLength
  const calls = Array.from({ length: steps }, (_, i): Call[] => [
    { program: "grad", sequences, tokens: [tokens(training, sequences, i % 4)] },
    { program: "update", scalars: [step(training, i + 1, count)] },
  ])
  return opened(device, training, sequences, async (executable) => {
    const results = await executable.run(calls.flat())
    return results.filter((_, i) => i % 2 === 0).map((values) => values.reduce((sum, loss) => sum + loss, 0) / count)
  })
}

/** Shapes that no tile divides, all kinds of positions, tied and not. */
export const oddShapes: readonly ModelOptions[] = [
  { vocabulary: 37, sequenceLength: 13, width: 30, heads: 3, layers: 1, positions: "learned", tied: true },
  { vocabulary: 71, sequenceLength: 7, width: 22, heads: 1, layers: 1, positions: "rotary", qkNorm: true, bias: true },
]

/** The worst normwise error of loss and gradients against the float64 reference; tensors of no size left out. */
export const gradientError = async (device: Device, options: ModelOptions): Promise<number> => {
  const training = model(options)
  const sequences = 3
  const parameters = training.buffers.filter(({ storage }) => storage === "parameter")
  const read = (of: Device) =>
    opened(of, training, sequences, async (executable) => {
      const [loss] = await executable.run([{ program: "grad", sequences, tokens: [tokens(training, sequences, 5)] }])
      const gradients: (Float32Array | Float64Array)[] = []
      for (const { name } of parameters) gradients.push(await executable.read(0, gradientOf(name)))
      return [loss, ...gradients]
    })
  const got = await read(device)
  const reference = await read(referenceDevice())
  const whole = norm(reference.slice(1).map(norm))
  const errors = reference.map((values, i) => (norm(values) < 1e-6 * whole ? 0 : distance(got[i], values)))
  return Math.max(...errors)
}

const demand = (error: number, bound: number): undefined => {
  if (!(error < bound)) throw new Error(`${error} from the reference, where ${bound} is allowed`)
}

/** All of it, as tests for any runner. */
export const besideReference = (device: () => Promise<Device>): ConformanceTest[] => [
  ...oddShapes.map((shape) => ({
    name: `gradients of a decoder of width ${shape.width}, ${shape.positions} positions, within 1e-5`,
    run: async () => demand(await gradientError(await device(), shape), 1e-5),
  })),
  {
    name: "losses of 200 steps within 1e-3 of the reference",
    run: async () => {
      const got = await losses(await device(), 200)
      const expected = await losses(referenceDevice(), 200)
      demand(Math.max(...got.map((loss, i) => Math.abs(loss / expected[i] - 1))), 1e-3)
    },
  },
]
