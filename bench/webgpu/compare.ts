/**
 * One training step, ours and a peer's, on one adapter: from the same weights, on the same tokens, in alternating chunks. Runs in Node and on
 * a page.
 */
import { type Call, cost, type Training } from "../../packages/program/src/index.ts"
import { model, parametersOf, tokens, weights } from "../../plugins/cpu/test/model.ts"
import { type WebGpuOptions, webgpuDevice } from "../../plugins/webgpu/src/index.ts"
import { type Meter, meter } from "./meter.ts"

export interface Config {
  readonly width: number
  readonly heads: number
  readonly layers: number
  readonly vocabulary: number
  readonly sequenceLength: number
  readonly sequences: number
  readonly eta: number
  readonly decay: number
  readonly beta1: number
  readonly beta2: number
  readonly eps: number
  readonly normEps: number
}

export const configOf = (width: number, sequenceLength: number): Config => ({
  width,
  heads: 4,
  layers: 2,
  vocabulary: 512,
  sequenceLength,
  sequences: 8,
  eta: 3e-3,
  decay: 1e-4,
  beta1: 0.9,
  beta2: 0.95,
  eps: 1e-8,
  normEps: 1e-5,
})

export interface Weight {
  readonly shape: readonly number[]
  readonly values: Float32Array
}

/** Tokens of a step, as ours takes them (`sequences` rows of S + 1) and as others do. */
export interface Batch {
  readonly rows: Int32Array
  readonly inputs: Int32Array
  readonly targets: Int32Array
}

export interface Session {
  /** A step for each batch; the loss of the last one, mean nats a token. Nothing else is read back. */
  readonly run: (batches: readonly Batch[]) => Promise<number>
  readonly close: () => Promise<void>
}

export interface Contestant {
  readonly name: string
  readonly start: (config: Config, weights: ReadonlyMap<string, Weight>) => Promise<Session>
}

export const trainingOf = (config: Config): Training => model({ ...config, positions: "learned" })

export const oursWith = (options: WebGpuOptions = {}): Contestant => ({
  name: "ours",
  start: async (config, initial) => {
    const training = trainingOf(config)
    const { sequences, sequenceLength, width, heads, eta, decay, beta1, beta2, eps } = config
    const device = await webgpuDevice(options)
    const executable = await device.compile(training, { lanes: 1, microBatch: sequences })
    const fixed = training.scalars.filter((name) => !training.stepScalars.includes(name))
    const constants: Readonly<Record<string, number>> = {
      // Peers do not clip; the norm is computed all the same.
      clip: Number.POSITIVE_INFINITY,
      beta1,
      beta2,
      "scale.attention": 1 / Math.sqrt(width / heads),
    }
    const value = (name: string) => constants[name] ?? (name.startsWith("eps") ? eps : 1)
    executable.scalars(0, Object.fromEntries(fixed.map((name) => [name, value(name)])))
    for (const [name, { values }] of initial) await executable.write(0, name, values)
    const count = sequences * sequenceLength
    let t = 0
    const calls = ({ rows }: Batch): Call[] => {
      t++
      const scalars: Readonly<Record<string, number>> = {
        gradScale: 1 / count,
        eta,
        decay,
        correction1: 1 - beta1 ** t,
        correction2: 1 - beta2 ** t,
      }
      return [
        { program: "grad", sequences, tokens: [rows] },
        { program: "update", scalars: [Float64Array.from(training.stepScalars, (name) => scalars[name]!)] },
      ]
    }
    return {
      run: async (batches) => {
        const results = await executable.run(batches.flatMap(calls))
        return results.at(-2)!.reduce((sum, loss) => sum + loss, 0) / count
      },
      close: () => device.close(),
    }
  },
})

export const initialOf = (training: Training): ReadonlyMap<string, Weight> => {
  const values = weights(training, 1)
  return new Map(parametersOf(training).map(({ name, shape }) => [name, { shape, values: values.get(name)! }]))
}

/** So many batches in turn. */
const BATCHES = 8

export const batchesOf = (training: Training, { sequences, sequenceLength: S }: Config): readonly Batch[] =>
  Array.from({ length: BATCHES }, (_, i) => {
    const rows = tokens(training, sequences, i)
    const part = (from: number) =>
      Int32Array.from({ length: sequences * S }, (_, n) => rows[Math.floor(n / S) * (S + 1) + (n % S) + from]!)
    return { rows, inputs: part(0), targets: part(1) }
  })

export interface Options {
  readonly config: Config
  /** Seconds of measuring, of all contestants together. */
  readonly seconds: number
  /** Steps whose losses are compared, before anything is timed. */
  readonly compared: number
}

export interface Timing {
  readonly name: string
  /** Loss of each compared step. */
  readonly losses: readonly number[]
  /** Milliseconds until the first step was done: compiling. */
  readonly first: number
  readonly stepsPerChunk: number
  /** Milliseconds of wall clock a step, chunk by chunk. */
  readonly wall: readonly number[]
  /** Milliseconds of processor time of all threads, a driver in software included; empty on a page. */
  readonly processor: readonly number[]
  /** Bytes of GPU buffers after the first chunk and after the last. */
  readonly bytes: readonly [number, number]
}

export interface Comparison {
  readonly adapter: string
  /** Floating-point operations of a step as `cost` counts them. */
  readonly flops: number
  /** In the order of the contestants. */
  readonly timings: readonly Timing[]
}

/** Milliseconds that a chunk should take at least. */
const CHUNK = 400

const processorTime = (): number | undefined => {
  if (typeof process !== "object") return undefined
  const { user, system } = process.cpuUsage()
  return (user + system) / 1000
}

/** Libraries keep their device from one comparison to the next. */
const held = new Map<string, () => number>()
let devices: Meter | undefined

export const compare = async (contestants: readonly Contestant[], options: Options): Promise<Comparison> => {
  const { config, seconds, compared } = options
  const training = trainingOf(config)
  const initial = initialOf(training)
  const batches = batchesOf(training, config)
  const take = (first: number, count: number) =>
    Array.from({ length: count }, (_, i) => batches[(first + i) % BATCHES]!)
  devices ??= meter()
  const { newest } = devices
  const begin = async ({ name, start }: Contestant) => {
    const began = performance.now()
    const last = newest()
    const session = await start(config, initial)
    const bytes = newest() === last ? (held.get(name) ?? last) : newest()
    held.set(name, bytes)
    const losses = [await session.run(take(0, 1))]
    const first = performance.now() - began
    while (losses.length < compared) losses.push(await session.run(take(losses.length, 1)))
    const warm = performance.now()
    await session.run(take(losses.length, 1))
    const stepsPerChunk = Math.max(1, Math.ceil(CHUNK / (performance.now() - warm)))
    await session.run(take(losses.length, stepsPerChunk))
    const wall: number[] = []
    const processor: number[] = []
    return { name, session, losses, first, stepsPerChunk, wall, processor, bytes, before: bytes() }
  }
  const running: Awaited<ReturnType<typeof begin>>[] = []
  for (const contestant of contestants) running.push(await begin(contestant))

  const end = performance.now() + 1000 * seconds
  for (let round = 0; round < 3 || performance.now() < end; round++) {
    for (const { session, stepsPerChunk, wall, processor } of running) {
      const [began, busy] = [performance.now(), processorTime()]
      await session.run(take(round * stepsPerChunk, stepsPerChunk))
      wall.push((performance.now() - began) / stepsPerChunk)
      if (busy !== undefined) processor.push((processorTime()! - busy) / stepsPerChunk)
    }
  }
  const timings = running.map(
    ({ session: _, bytes, before, ...timing }): Timing => ({ ...timing, bytes: [before, bytes()] }),
  )
  for (const { session } of running) await session.close()
  const { info } = (await navigator.gpu.requestAdapter())!
  const rows = { rows: config.sequences * config.sequenceLength }
  return {
    adapter: info.description || [info.vendor, info.architecture].join(" "),
    flops: cost(training.grad, training, rows).flops + cost(training.update, training, rows).flops,
    timings,
  }
}
