/** What every case starts from: weights, scalars and tokens by seed, written to an executable. */
import { type Call, type Device, type Executable, elements, type Training } from "@ts/program"
import { random } from "@ts/random"
import { type Numbers, namesOf } from "./deviceNumbers.ts"

/** Weights that float32 holds exactly, so that every precision starts from the same ones. */
export const weightsOf = (training: Training, seed: number): ReadonlyMap<string, Float32Array> =>
  new Map(
    training.buffers
      .filter(({ storage }) => storage === "parameter")
      .map((buffer) => {
        const values = new Float32Array(elements(buffer))
        const vector = buffer.shape.length === 1
        random(seed, buffer.name).fillNormal(values, vector ? 0.2 : 1 / Math.sqrt(buffer.shape.at(-1)!))
        // Gains around 1; the probes name them so.
        return [buffer.name, buffer.name.endsWith("gain") ? values.map((value) => 1 + value) : values]
      }),
  )

const hyper: Readonly<Record<string, number>> = { clip: 1, beta1: 0.875, beta2: 0.9375, momentum: 0.75 }

/** The scalars of a lane: fixed hyperparameters, and numbers in (0.5, 1.5) by seed for all that scales something. */
export const scalarsOf = (training: Training, seed: number): Readonly<Record<string, number>> =>
  Object.fromEntries(
    training.scalars.map((name) => {
      if (name in hyper) return [name, hyper[name]]
      if (name.startsWith("eps:")) return [name, 2 ** -10]
      if (name.startsWith("averageDecay:")) return [name, 0.75]
      return [name, 0.5 + random(seed, name).uniform(0)]
    }),
  )

/** Step scalars of step t, from 1, for a batch of this many tokens. */
export const stepOf = (training: Training, t: number, batchTokens: number, eta = 0.05): Float64Array => {
  const values: Readonly<Record<string, number>> = {
    gradScale: 1 / batchTokens,
    eta,
    decay: 0.01,
    correction1: 1 - hyper["beta1"] ** t,
    correction2: 1 - hyper["beta2"] ** t,
  }
  return Float64Array.from(training.stepScalars, (name) => values[name])
}

/** `sequences` rows of S + 1 ids; the smallest and the largest id are among them. */
export const tokensOf = (training: Training, sequences: number, seed: number): Int32Array => {
  const stream = random(seed, "tokens")
  const length = sequences * (training.sequenceLength + 1)
  const ids = Int32Array.from({ length }, (_, i) => stream.below(i, training.vocabulary))
  ids[0] = training.vocabulary - 1
  ids[length - 1] = 0
  return ids
}

export const prepare = async (
  executable: Executable,
  training: Training,
  lane: number,
  seed: number,
): Promise<void> => {
  executable.scalars(lane, scalarsOf(training, seed))
  for (const [name, values] of weightsOf(training, seed)) await executable.write(lane, name, values)
}

export interface OpenOptions {
  readonly microBatch: number
  readonly keep?: readonly string[]
  /** Seed of each lane; one lane of seed 1 by default. */
  readonly seeds?: readonly number[]
}

/** Compiles, prepares every lane, hands over, disposes. */
export const withExecutable = async <A>(
  device: Device,
  training: Training,
  { microBatch, keep = [], seeds = [1] }: OpenOptions,
  use: (executable: Executable) => Promise<A>,
): Promise<A> => {
  const executable = await device.compile(training, { lanes: seeds.length, microBatch, keep })
  try {
    for (const [lane, seed] of seeds.entries()) await prepare(executable, training, lane, seed)
    return await use(executable)
  } finally {
    await executable.dispose()
  }
}

/** Reads buffers, as copies. */
export const readAll = async (
  executable: Executable,
  names: readonly string[],
  lane = 0,
): Promise<ReadonlyMap<string, Numbers>> => {
  const result = new Map<string, Numbers>()
  for (const name of names) result.set(name, (await executable.read(lane, name)).slice())
  return result
}

/** Everything that outlives a call: parameters, gradients, state. */
export const persistent = (training: Training): string[] => namesOf(training, "parameter", "gradient", "state")

/** A `grad` call of one lane. */
export const gradOf = (training: Training, sequences: number, seed: number): Call => ({
  program: "grad",
  sequences,
  tokens: [tokensOf(training, sequences, seed)],
})

export const updateOf = (training: Training, t: number, batchTokens: number, lanes = 1, eta?: number): Call => ({
  program: "update",
  scalars: Array.from({ length: lanes }, () => stepOf(training, t, batchTokens, eta)),
})
