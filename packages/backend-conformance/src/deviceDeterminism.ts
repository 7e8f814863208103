/** Same numbers, bit for bit, whatever the lanes, the micro-batches and the number of tries. */
import type { Call, Device, DeviceInfo, Training } from "@ts/program"
import { expect } from "vitest"
import { type DeviceCase, needs } from "./deviceCase.ts"
import { decoder } from "./deviceModels.ts"
import { firstDifference, type Numbers } from "./deviceNumbers.ts"
import { persistent, readAll, tokensOf, updateOf, withExecutable } from "./deviceProgram.ts"

const lanesWanted = 4

const deterministic = ({ deterministic }: DeviceInfo) =>
  deterministic ? undefined : "the device does not claim to be deterministic"
const enoughLanes = ({ maxLanes }: DeviceInfo) =>
  maxLanes >= lanesWanted ? undefined : `the device holds at most ${maxLanes} lanes`

const slice = (training: Training, tokens: Int32Array, from: number, count: number) =>
  tokens.slice(from * (training.sequenceLength + 1), (from + count) * (training.sequenceLength + 1))

/** `grad` calls that cut a batch into these numbers of sequences, for every lane. */
const cut = (training: Training, batches: readonly Int32Array[], sizes: readonly number[]): Call[] => {
  let from = 0
  return sizes.map((sequences) => {
    const tokens = batches.map((batch) => slice(training, batch, from, sequences))
    from += sequences
    return { program: "grad", sequences, tokens }
  })
}

interface Trace {
  /** Buffers of each lane after the last step. */
  readonly buffers: readonly ReadonlyMap<string, Numbers>[]
  /** Summed losses of each lane by sequence, step after step. */
  readonly losses: readonly ReadonlyMap<string, Numbers>[]
}

/** Two steps, each on a batch cut into `sizes` sequences. */
const trace = (
  device: Device,
  training: Training,
  sizes: readonly number[],
  microBatch: number,
  seeds: readonly number[],
) =>
  withExecutable(device, training, { microBatch, seeds }, async (executable): Promise<Trace> => {
    const total = sizes.reduce((a, b) => a + b)
    const losses: number[][] = seeds.map(() => [])
    for (let t = 1; t <= 2; t++) {
      const batches = seeds.map((seed) => tokensOf(training, total, 100 * seed + t))
      const update = updateOf(training, t, total * training.sequenceLength, seeds.length)
      const results = await executable.run([...cut(training, batches, sizes), update])
      for (const result of results) {
        const each = result.length / seeds.length
        for (const lane of seeds.keys()) losses[lane].push(...result.slice(lane * each, (lane + 1) * each))
      }
    }
    const lanes = [...seeds.keys()]
    return {
      buffers: await Promise.all(lanes.map((lane) => readAll(executable, persistent(training), lane))),
      losses: losses.map((values) => new Map([["losses", Float64Array.from(values)]])),
    }
  })

const expectSame = (a: Trace, b: Trace, lane = 0): void => {
  expect(firstDifference(a.losses[lane], b.losses[0]), "losses and norms").toBeUndefined()
  expect(firstDifference(a.buffers[lane], b.buffers[0]), "buffers").toBeUndefined()
}

/** Sequences per block, which a device may choose by the shape alone. */
const blockOf = (device: Device, training: Training) =>
  withExecutable(device, training, { microBatch: 1 }, async ({ blockSequences }) => blockSequences)

export const determinismCases = (): DeviceCase[] => {
  const training = decoder()
  const skipFirst =
    (...reasons: readonly ((info: DeviceInfo) => string | undefined)[]) =>
    (info: DeviceInfo) =>
      reasons.map((reason) => reason(info)).find((reason) => reason !== undefined)
  return [
    {
      name: "twice the same calls give the same bits",
      skip: skipFirst(needs(training), deterministic),
      run: async (device) => {
        expectSame(await trace(device, training, [3], 3, [1]), await trace(device, training, [3], 3, [1]))
      },
    },
    {
      name: `a lane has the same bits alone and among ${lanesWanted}`,
      skip: skipFirst(needs(training), deterministic, enoughLanes),
      run: async (device) => {
        const seeds = Array.from({ length: lanesWanted }, (_, i) => i + 1)
        const together = await trace(device, training, [3], 3, seeds)
        for (const [lane, seed] of seeds.entries()) {
          expectSame(together, await trace(device, training, [3], 3, [seed]), lane)
        }
      },
    },
    {
      name: "a batch has the same bits however whole blocks of it are cut into calls",
      skip: skipFirst(needs(training), deterministic),
      run: async (device) => {
        const block = await blockOf(device, training)
        const whole = await trace(device, training, [2 * block + 1], 3 * block, [1])
        expectSame(whole, await trace(device, training, [2 * block, 1], 2 * block, [1]))
        expectSame(whole, await trace(device, training, [block, block + 1], 2 * block, [1]))
        expectSame(whole, await trace(device, training, [block, block, 1], block, [1]))
      },
    },
    {
      name: "inactive lanes are left untouched and return NaN",
      skip: skipFirst(needs(training), ({ maxLanes }) => (maxLanes > 1 ? undefined : "the device holds one lane")),
      run: (device) =>
        withExecutable(device, training, { microBatch: 2, seeds: [1, 2] }, async (executable) => {
          const call: Call = {
            program: "grad",
            sequences: 2,
            tokens: [1, 2].map((seed) => tokensOf(training, 2, seed)),
          }
          await executable.run([call])
          const before = await readAll(executable, persistent(training), 0)
          const other = await readAll(executable, persistent(training), 1)
          const update = updateOf(training, 1, 2 * training.sequenceLength, 2)
          const results = await executable.run([call, update, { program: "measure" }], [false, true])
          expect([...results[0].slice(0, 2), results[1][0], results[2][0]]).toEqual(Array(4).fill(Number.NaN))
          expect([...results[0].slice(2), results[1][1], results[2][1]].every(Number.isFinite)).toBe(true)
          expect(firstDifference(await readAll(executable, persistent(training), 0), before)).toBeUndefined()
          expect(firstDifference(await readAll(executable, persistent(training), 1), other)).toBeDefined()
        }),
    },
  ]
}
