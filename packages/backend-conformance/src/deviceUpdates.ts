/** Optimisers, clip and averages on identical gradients: those that the device itself holds before the update. */
import { type Device, definitions, type Op, type OptimizerKind, type Training } from "@ts/program"
import { expect } from "vitest"
import { type DeviceCase, needs } from "./deviceCase.ts"
import { bigram } from "./deviceModels.ts"
import { faults, type Numbers, namesOf, tolerances } from "./deviceNumbers.ts"
import { gradOf, persistent, readAll, scalarsOf, stepOf, updateOf, withExecutable } from "./deviceProgram.ts"

/** The reference loops of the update program on copies of the device's buffers, in float64. */
const updated = (
  training: Training,
  before: ReadonlyMap<string, Numbers>,
  scalars: Readonly<Record<string, number>>,
): ReadonlyMap<string, Float64Array> => {
  const memory = new Map([...before].map(([name, values]) => [name, Float64Array.from(values)]))
  const resolve = (slots: Readonly<Record<string, string>>) =>
    Object.fromEntries(Object.entries(slots).map(([slot, name]) => [slot, memory.get(name)!]))
  const apply = (op: Op) =>
    definitions[op.kind].loop({
      rows: 1,
      sequenceLength: 1,
      input: resolve(op.inputs),
      output: resolve(op.outputs),
      adds: {},
      scalar: Object.fromEntries(Object.entries(op.scalars).map(([slot, name]) => [slot, scalars[name]])),
      attribute: op.attributes,
      batch: { ids: new Int32Array(0), targets: new Int32Array(0) },
    })
  training.update.forEach(apply)
  return memory
}

const changes = (after: ReadonlyMap<string, Numbers>, before: ReadonlyMap<string, Numbers>, names: readonly string[]) =>
  new Map(names.map((name) => [name, Float64Array.from(after.get(name)!, (value, i) => value - before.get(name)![i])]))

/** Weights are judged by their change: a step is small against them. */
const compare = async (device: Device, training: Training, clip: number): Promise<void> => {
  const tolerance = tolerances[device.info.precision]
  const sequences = 3
  const batchTokens = sequences * training.sequenceLength
  const parameters = namesOf(training, "parameter")
  const held = namesOf(training, "state")
  await withExecutable(device, training, { microBatch: sequences }, async (executable) => {
    executable.scalars(0, { clip })
    for (let t = 1; t <= 3; t++) {
      await executable.run([gradOf(training, sequences, t)])
      const before = await readAll(executable, persistent(training))
      const [[norm]] = await executable.run([updateOf(training, t, batchTokens)])
      const after = await readAll(executable, persistent(training))
      const step = stepOf(training, t, batchTokens)
      const scalars = {
        ...scalarsOf(training, 1),
        clip,
        ...Object.fromEntries(training.stepScalars.map((name, i) => [name, step[i]])),
      }
      const expected = updated(training, before, scalars)
      const state = new Map(held.map((name) => [name, expected.get(name)!]))
      expect(Math.abs(norm / expected.get(training.norm)![0] - 1), "the returned norm").toBeLessThan(tolerance)
      expect([
        ...faults(after, state, tolerance),
        ...faults(changes(after, before, parameters), changes(expected, before, parameters), tolerance),
      ]).toEqual([])
    }
  })
}

export const updateCases = (): DeviceCase[] =>
  (["adamw", "sgd", "signum"] as const satisfies readonly OptimizerKind[]).flatMap((optimizer) => {
    const training = bigram(optimizer, ["slow", "fast"])
    return [2 ** -6, Number.POSITIVE_INFINITY].map((clip) => ({
      name: `${optimizer} and averages on identical gradients, ${clip === Number.POSITIVE_INFINITY ? "no clip" : "clipped"}`,
      skip: needs(training),
      run: (device: Device) => compare(device, training, clip),
    }))
  })
