/** Whole steps of a small decoder by their loss, and evaluation. */
import { type Call, type Device, referenceDevice, type Training } from "@ts/program"
import { expect } from "vitest"
import { type DeviceCase, needs } from "./deviceCase.ts"
import { decoder } from "./deviceModels.ts"
import { distance, firstDifference, namesOf, norm, tolerances } from "./deviceNumbers.ts"
import { gradOf, persistent, readAll, tokensOf, updateOf, withExecutable } from "./deviceProgram.ts"

const sequences = 3
const steps = 8
/** Gentle: at a large learning rate training itself amplifies rounding. */
const eta = 0.005

const losses = (device: Device, training: Training): Promise<number[]> =>
  withExecutable(device, training, { microBatch: sequences }, async (executable) => {
    const calls = Array.from({ length: steps }, (_, i): Call[] => [
      gradOf(training, sequences, 1),
      updateOf(training, i + 1, sequences * training.sequenceLength, 1, eta),
    ])
    const results = await executable.run(calls.flat())
    return results.filter((_, i) => i % 2 === 0).map((values) => values.reduce((sum, loss) => sum + loss, 0))
  })

const evaluateOf = (training: Training, seed: number, correction?: number): Call => ({
  program: "evaluate",
  sequences,
  tokens: [tokensOf(training, sequences, seed)],
  ...(correction !== undefined && { average: { name: "slow", correction: Float64Array.of(correction) } }),
})

export const stepCases = (): DeviceCase[] => {
  const training = decoder()
  const skip = needs(training)
  const batchTokens = sequences * training.sequenceLength
  return [
    {
      name: `${steps} steps of a decoder have the losses of the reference, and they fall`,
      skip,
      run: async (device) => {
        const got = await losses(device, training)
        const reference = await losses(referenceDevice(), training)
        expect(reference.at(-1)).toBeLessThan(0.8 * reference[0])
        expect(distance(got, reference), `${got} against ${reference}`).toBeLessThan(tolerances[device.info.precision])
      },
    },
    {
      name: "evaluate has the losses of grad and changes nothing",
      skip,
      run: (device) =>
        withExecutable(device, training, { microBatch: sequences }, async (executable) => {
          const [graded] = await executable.run([gradOf(training, sequences, 3)])
          const before = await readAll(executable, persistent(training))
          const [evaluated] = await executable.run([evaluateOf(training, 3)])
          expect(evaluated).toHaveLength(sequences)
          expect(distance(evaluated, graded)).toBeLessThan(tolerances[device.info.precision])
          expect(firstDifference(await readAll(executable, persistent(training)), before)).toBeUndefined()
        }),
    },
    {
      name: "evaluate with an average uses that average times the correction, and leaves the weights",
      skip,
      run: (device) =>
        withExecutable(device, training, { microBatch: sequences }, async (executable) => {
          const train = [1, 2, 3].flatMap((t) => [gradOf(training, sequences, t), updateOf(training, t, batchTokens)])
          await executable.run(train)
          const correction = 1 / (1 - 0.75 ** 3)
          const [raw, averaged, again] = await executable.run([
            evaluateOf(training, 9),
            evaluateOf(training, 9, correction),
            evaluateOf(training, 9),
          ])
          expect([...again]).toEqual([...raw])
          for (const [parameter, average] of Object.entries(training.averages["slow"])) {
            const values = await executable.read(0, average)
            await executable.write(
              0,
              parameter,
              Float64Array.from(values, (value) => correction * value),
            )
          }
          const [written] = await executable.run([evaluateOf(training, 9)])
          expect(distance(averaged, written)).toBeLessThan(tolerances[device.info.precision])
          expect(distance(averaged, raw)).toBeGreaterThan(2 * tolerances[device.info.precision])
        }),
    },
    {
      name: "grad adds to the gradient; measure and update return its norm and clear it",
      skip,
      run: (device) =>
        withExecutable(device, training, { microBatch: sequences }, async (executable) => {
          const tolerance = tolerances[device.info.precision]
          const gradients = namesOf(training, "gradient")
          const rest = namesOf(training, "parameter", "state").filter((name) => name !== training.norm)
          const read = async () => [...(await readAll(executable, gradients)).values()].flatMap((values) => [...values])
          await executable.run([gradOf(training, sequences, 1)])
          const once = await read()
          await executable.run([gradOf(training, sequences, 1)])
          const twice = await read()
          expect(
            distance(
              twice,
              once.map((value) => 2 * value),
            ),
          ).toBeLessThan(tolerance)

          const before = await readAll(executable, rest)
          const [[measured]] = await executable.run([{ program: "measure" }])
          expect(measured / norm(twice)).toBeCloseTo(1, tolerance < 1e-3 ? 4 : 1)
          expect(firstDifference(await readAll(executable, rest), before)).toBeUndefined()
          expect(norm(await read())).toBe(0)

          const [, [updated]] = await executable.run([
            gradOf(training, sequences, 1),
            updateOf(training, 1, batchTokens),
          ])
          expect((updated * batchTokens) / norm(once)).toBeCloseTo(1, tolerance < 1e-3 ? 4 : 1)
          expect(norm(await read())).toBe(0)
          expect(firstDifference(await readAll(executable, rest), before)).toBeDefined()
        }),
    },
  ]
}
