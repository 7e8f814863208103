/** What a device promises besides numbers: refusals before it is too late, reads, the end. */
import { type Buffer, type Call, type Device, type Op, UnknownName, UnsupportedOperation } from "@ts/program"
import { expect } from "vitest"
import { type DeviceCase, needs } from "./deviceCase.ts"
import { bigram } from "./deviceModels.ts"
import { firstDifference } from "./deviceNumbers.ts"
import { gradOf, persistent, readAll, tokensOf, withExecutable } from "./deviceProgram.ts"

export const contractCases = (): DeviceCase[] => {
  const training = bigram("sgd")
  const skip = needs(training)
  const open = <A>(device: Device, use: Parameters<typeof withExecutable<A>>[3], keep: readonly string[] = []) =>
    withExecutable(device, training, { microBatch: 2, keep }, use)
  return [
    {
      name: "an operation it lacks is an UnsupportedOperation, before anything is allocated",
      skip: () => undefined,
      run: async (device) => {
        // More than any machine has: whoever allocates first fails otherwise.
        const vast: Buffer = { name: "vast", storage: "state", shape: [2 ** 24, 2 ** 24], perToken: false }
        const warp = { ...training.grad[0], kind: "warp" } as unknown as Op
        const broken = { ...training, buffers: [...training.buffers, vast], grad: [...training.grad, warp] }
        const refusal = await device.compile(broken, { lanes: 1, microBatch: 1 }).catch((error: unknown) => error)
        expect(refusal).toBeInstanceOf(UnsupportedOperation)
        expect(refusal).toMatchObject({ operation: "warp", device: device.info.kind })
      },
    },
    {
      name: "more lanes than it holds are refused",
      skip,
      run: async (device) => {
        for (const lanes of [0, device.info.maxLanes + 1]) {
          await expect(device.compile(training, { lanes, microBatch: 1 })).rejects.toThrow(RangeError)
        }
      },
    },
    {
      name: "scalars, weights and state start at zero",
      skip,
      run: async (device) => {
        const executable = await device.compile(training, { lanes: 1, microBatch: 1 })
        for (const [name, values] of await readAll(executable, persistent(training))) {
          expect(
            values.every((value) => value === 0),
            name,
          ).toBe(true)
        }
        // A readout and a scale of zero: every token is equally likely.
        const [[loss]] = await executable.run([gradOf(training, 1, 1)])
        expect(loss / (training.sequenceLength * Math.log(training.vocabulary))).toBeCloseTo(1, 2)
        expect(executable.bytes).toBeGreaterThan(0)
        await executable.dispose()
      },
    },
    {
      name: "what is written is read, also from float64, and reads are copies",
      skip,
      run: (device) =>
        open(device, async (executable) => {
          const values = Float64Array.from({ length: 29 }, (_, i) => i / 8)
          await executable.write(0, "bias", values)
          const first = await executable.read(0, "bias")
          expect([...first]).toEqual([...values])
          first.fill(7)
          expect([...(await executable.read(0, "bias"))]).toEqual([...values])
        }),
    },
    {
      name: "a kept activation has the rows of the last call; others cannot be read",
      skip,
      run: (device) =>
        open(
          device,
          async (executable) => {
            await executable.run([gradOf(training, 2, 1)])
            expect(await executable.read(0, "x")).toHaveLength(2 * training.sequenceLength * 33)
            await executable.run([gradOf(training, 1, 1)])
            expect(await executable.read(0, "x")).toHaveLength(training.sequenceLength * 33)
            await expect(executable.read(0, "logits")).rejects.toThrow(UnknownName)
          },
          ["x"],
        ),
    },
    {
      name: "reads and writes wait for the calls before them",
      skip,
      run: (device) =>
        open(device, async (executable) => {
          const before = await readAll(executable, persistent(training))
          const running = executable.run([gradOf(training, 2, 1)])
          const gradient = executable.read(0, "grad:table")
          await executable.write(0, "bias", new Float32Array(29))
          expect((await gradient).some((value) => value !== 0)).toBe(true)
          const [losses] = await running
          await executable.write(0, "bias", before.get("bias")!)
          const [again] = await executable.run([gradOf(training, 2, 1)])
          expect([...losses]).toEqual([...again])
        }),
    },
    {
      name: "unknown names and wrong sizes are refused by name",
      skip,
      run: (device) =>
        open(device, async (executable) => {
          const error = async (attempt: () => unknown) => {
            try {
              await attempt()
            } catch (thrown) {
              return thrown
            }
            return undefined
          }
          expect(await error(() => executable.read(0, "nope"))).toBeInstanceOf(UnknownName)
          expect(await error(() => executable.write(0, "nope", new Float32Array(1)))).toBeInstanceOf(UnknownName)
          expect(await error(() => executable.scalars(0, { nope: 1 }))).toBeInstanceOf(UnknownName)
          expect(await error(() => executable.write(0, "bias", new Float32Array(28)))).toBeInstanceOf(RangeError)
          expect(await error(() => executable.read(1, "bias"))).toBeInstanceOf(RangeError)
        }),
    },
    {
      name: "token ids outside the vocabulary and too many sequences are refused, and nothing of the chunk happens",
      skip,
      run: (device) =>
        open(device, async (executable) => {
          const before = await readAll(executable, persistent(training))
          const good = gradOf(training, 1, 1)
          for (const id of [-1, training.vocabulary]) {
            const ids = tokensOf(training, 1, 1)
            ids[3] = id
            const bad: Call = { program: "grad", sequences: 1, tokens: [ids] }
            await expect(executable.run([good, bad]), `id ${id}`).rejects.toThrow(RangeError)
          }
          await expect(executable.run([good, gradOf(training, 3, 1)])).rejects.toThrow(RangeError)
          expect(firstDifference(await readAll(executable, persistent(training)), before)).toBeUndefined()
        }),
    },
    {
      name: "after dispose, calls fail",
      skip,
      run: async (device) => {
        const executable = await device.compile(training, { lanes: 1, microBatch: 1 })
        await executable.dispose()
        await expect(executable.run([gradOf(training, 1, 1)])).rejects.toThrow(/disposed/)
        await executable.dispose()
      },
    },
  ]
}
