import "../test/build.ts"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { type Call, type Executable, elements, type Training, UnknownName } from "@ts/program"
import { describe, expect, it } from "vitest"
import { model, prepare, step, tokens, uniform } from "../test/model.ts"
import { CpuUnavailable, cpuAvailability, cpuDevice } from "./index.ts"
import { chooseInstructionSet, loadNative } from "./native.ts"

const training = model({
  vocabulary: 29,
  sequenceLength: 16,
  width: 24,
  heads: 2,
  layers: 1,
  bias: true,
  averages: ["a"],
})
const batchTokens = 3 * training.sequenceLength

const compile = async (
  threads: number,
  lanes: number,
  microBatch = 64,
  from: Training = training,
): Promise<Executable> => {
  const executable = await (await cpuDevice({ threads })).compile(from, { lanes, microBatch })
  for (let lane = 0; lane < lanes; lane++) await prepare(executable, from, lane, lane + 1)
  return executable
}

const chunk = (lanes: number, steps: number, sequences = 3, first = 1): Call[] =>
  Array.from({ length: steps }, (_, i): Call[] => [
    {
      program: "grad",
      sequences,
      tokens: Array.from({ length: lanes }, (_, lane) => tokens(training, sequences, 100 * i + lane)),
    },
    { program: "update", scalars: Array.from({ length: lanes }, () => step(training, first + i, batchTokens)) },
  ]).flat()

const weightsOf = (executable: Executable, lane: number) =>
  Promise.all(
    training.buffers
      .filter(({ storage }) => storage === "parameter" || storage === "state")
      .map(async ({ name }) => [name, await executable.read(lane, name)] as const),
  )

describe("bits", () => {
  it("do not depend on the number of threads", async () => {
    const traces = await Promise.all(
      [1, 2, 4].map(async (threads) => {
        const executable = await compile(threads, 4)
        const results = await executable.run(chunk(4, 8))
        return [results, await Promise.all([0, 1, 2, 3].map((lane) => weightsOf(executable, lane)))]
      }),
    )
    expect(traces[1]).toEqual(traces[0])
    expect(traces[2]).toEqual(traces[0])
  })

  it("do not depend on how steps are cut into chunks, or on when calls are queued", async () => {
    const whole = await compile(1, 1)
    const pieces = await compile(1, 1)
    const calls = chunk(1, 6)
    const expected = await whole.run(calls)
    const got = await Promise.all(calls.map((call) => pieces.run([call])))
    expect(got.flat()).toEqual(expected)
    expect(await weightsOf(pieces, 0)).toEqual(await weightsOf(whole, 0))
  })

  it("scalars and writes wait for the calls before them", async () => {
    const queued = await compile(1, 1)
    const careful = await compile(1, 1)
    const zeros = new Float32Array(training.vocabulary * 24)
    const first = queued.run(chunk(1, 2))
    queued.scalars(0, { clip: 0.01 })
    const written = queued.write(0, "wte", zeros)
    const second = queued.run(chunk(1, 2, 3, 3))
    zeros.fill(9) // the caller may use its array again at once
    const expected = [await careful.run(chunk(1, 2))]
    careful.scalars(0, { clip: 0.01 })
    await careful.write(0, "wte", new Float32Array(zeros.length))
    expected.push(await careful.run(chunk(1, 2, 3, 3)))
    expect(await Promise.all([first, second])).toEqual(expected)
    await written
    expect(await weightsOf(queued, 0)).toEqual(await weightsOf(careful, 0))
  })
})

describe("any mixture of calls", () => {
  it("gives each lane the numbers it has alone, call by call", async () => {
    const random = uniform(11)
    const below = (n: number) => Math.floor(n * random())
    const lanes = 3
    const together = await compile(2, lanes, 40)
    const alone = await Promise.all(
      Array.from({ length: lanes }, async (_, lane) => {
        const executable = await (await cpuDevice({ threads: 1 })).compile(training, { lanes: 1, microBatch: 40 })
        await prepare(executable, training, 0, lane + 1)
        return executable
      }),
    )
    const draw = (t: number): Call => {
      const sequences = 1 + below(20) // blocks hold 16
      const ids = Array.from({ length: lanes }, (_, lane) => tokens(training, sequences, 10 * t + lane))
      const average = { name: "a", correction: Float64Array.from({ length: lanes }, () => 1 + random()) }
      return [
        { program: "grad", sequences, tokens: ids } as const,
        { program: "update", scalars: ids.map(() => step(training, t, batchTokens)) } as const,
        { program: "measure" } as const,
        { program: "evaluate", sequences, tokens: ids } as const,
        { program: "evaluate", sequences, tokens: ids, average } as const,
      ][below(5)]
    }
    const only = (call: Call, lane: number): Call =>
      call.program === "update"
        ? { ...call, scalars: [call.scalars[lane]] }
        : call.program === "measure"
          ? call
          : {
              ...call,
              tokens: [call.tokens[lane]],
              ...(call.program === "evaluate" && call.average
                ? { average: { ...call.average, correction: call.average.correction.subarray(lane, lane + 1) } }
                : {}),
            }
    for (let t = 1; t <= 60; t++) {
      const calls = Array.from({ length: 1 + below(4) }, (_, i) => draw(4 * t + i))
      const active = Array.from({ length: lanes }, () => random() < 0.7)
      const results = await together.run(calls, active)
      for (let lane = 0; lane < lanes; lane++) {
        const each = results.map((values) =>
          values.slice((lane * values.length) / lanes, ((lane + 1) * values.length) / lanes),
        )
        if (!active[lane]) expect(each.flatMap((values) => [...values]).every(Number.isNaN)).toBe(true)
        else
          for (const [i, call] of calls.entries()) expect([each[i]]).toEqual(await alone[lane].run([only(call, lane)]))
      }
    }
    for (let lane = 0; lane < lanes; lane++)
      expect(await weightsOf(together, lane)).toEqual(await weightsOf(alone[lane], 0))
  })
})

describe("memory", () => {
  const large = model({ vocabulary: 1000, sequenceLength: 64, width: 64, heads: 4, layers: 2 })
  /** Bytes held by all executables together, and growth of the process. */
  const growth = async (count: number, dispose: boolean) => {
    const device = await cpuDevice({ threads: 1 })
    const round = async () => {
      const executable = await device.compile(large, { lanes: 4, microBatch: 4 })
      const one = tokens(large, 1, 1)
      await executable.run([{ program: "grad", sequences: 1, tokens: [one, one, one, one] }])
      if (dispose) executable.dispose()
      return executable.bytes
    }
    for (let i = 0; i < 5; i++) await round()
    const before = process.memoryUsage().rss
    let bytes = 0
    for (let i = 0; i < count; i++) bytes += await round()
    return { bytes, grown: process.memoryUsage().rss - before }
  }

  it("counts what it holds", async () => {
    const executable = await compile(1, 4, 8, large)
    const weights = large.buffers
      .filter(({ storage }) => storage !== "activation")
      .reduce((sum, b) => sum + elements(b), 0)
    expect(executable.bytes).toBeGreaterThan(4 * 4 * weights)
    expect(executable.bytes).toBeLessThan(4 * 4 * weights + 16e6)
    executable.dispose()
    executable.dispose()
  })

  it("is given back by dispose", async () => {
    const { bytes, grown } = await growth(50, true)
    expect(grown).toBeLessThan(0.1 * bytes)
  })

  it("is known to the garbage collector, which takes back what nobody disposed of", async () => {
    const { bytes, grown } = await growth(100, false)
    expect(grown).toBeLessThan(0.4 * bytes)
  })

  it("dispose during a run lets the run finish and refuses what comes after", async () => {
    const random = uniform(5)
    const seen = new Set<string>()
    for (let i = 0; i < 40; i++) {
      const executable = await compile(2, 2)
      const runs = [executable.run(chunk(2, 100)), executable.run(chunk(2, 1))]
      const outcomes = Promise.allSettled(runs)
      await new Promise((resolve) => setTimeout(resolve, 4 * random()))
      executable.dispose()
      for (const outcome of await outcomes) {
        // One that had begun is finished; one still waiting is refused.
        if (outcome.status === "rejected") expect(outcome.reason.message).toContain("disposed")
        else expect(outcome.value.every((values) => values.every(Number.isFinite))).toBe(true)
        seen.add(outcome.status)
      }
      await expect(executable.read(0, "wte")).rejects.toThrow("disposed")
      expect(() => executable.scalars(0, { clip: 1 })).toThrow("disposed")
    }
    expect([...seen].sort()).toEqual(["fulfilled", "rejected"])
  })
})

describe("bad input", () => {
  it("is named before anything runs", async () => {
    const device = await cpuDevice()
    await expect(device.compile(training, { lanes: 0, microBatch: 1 })).rejects.toThrow("lanes must be")
    await expect(device.compile(training, { lanes: 65, microBatch: 1 })).rejects.toThrow("from 1 to 64, not 65")
    await expect(device.compile(training, { lanes: 1, microBatch: 1.5 })).rejects.toThrow("microBatch must be")
    await expect(device.compile(training, { lanes: 1, microBatch: 1, keep: ["nothing"] })).rejects.toThrow(UnknownName)
    await expect(cpuDevice({ threads: 0 })).rejects.toThrow("threads must be a positive integer, not 0")

    const executable = await compile(1, 2, 2)
    const ids = tokens(training, 2, 1)
    const grad = (sequences: number, each: readonly Int32Array[]) =>
      executable.run([{ program: "grad", sequences, tokens: each }])
    await expect(grad(3, [ids, ids])).rejects.toThrow("micro-batch of 2, not 3")
    await expect(grad(2, [ids])).rejects.toThrow("tokens: one entry per lane is needed, 2, not 1")
    await expect(grad(1, [ids, ids])).rejects.toThrow("tokens of lane 0: 17 values are needed, not 34")
    await expect(grad(2, [ids, ids.map(() => 29)])).rejects.toThrow("token id 29 is outside the vocabulary of 29")
    await expect(executable.run([{ program: "update", scalars: [] }])).rejects.toThrow("step scalars")
    await expect(executable.run([], [true])).rejects.toThrow("active")
    await expect(executable.read(2, "wte")).rejects.toThrow("lane must be an integer from 0 to 1, not 2")
    await expect(executable.read(0, "logits")).rejects.toThrow("`keep`")
    await expect(executable.write(0, "grad:wte", new Float32Array(696))).rejects.toThrow(UnknownName)
    await expect(executable.write(0, "wte", new Float32Array(3))).rejects.toThrow("holds 696 numbers, not 3")
    expect(() => executable.scalars(0, { nothing: 1 })).toThrow(UnknownName)
    const average = { name: "nothing", correction: Float64Array.of(1, 1) }
    const evaluate: Call = { program: "evaluate", sequences: 2, tokens: [ids, ids], average }
    await expect(executable.run([evaluate])).rejects.toThrow(UnknownName)
  })

  it("a missing or broken addon and a foreign instruction set are one sentence each", () => {
    expect(() => loadNative(join(tmpdir(), "no-such-addon.node"))).toThrow(
      /has not been built .* run "node .*build\.mjs"/,
    )
    expect(() => loadNative(import.meta.filename)).toThrow(CpuUnavailable)
    const none = { ...loadNative(), supports: (isa: string) => isa === "portable" }
    expect(chooseInstructionSet(none, undefined)).toBe("portable")
    expect(() => chooseInstructionSet(none, "avx512")).toThrow(
      'no instruction set "avx512"; TT_CPU_ISA can be portable here',
    )
    expect(() => chooseInstructionSet(none, "mmx")).toThrow('unknown instruction set "mmx"')
  })
})

describe("the device", () => {
  it("describes itself", async () => {
    const availability = cpuAvailability()
    expect(availability.available).toBe(true)
    const { info } = await cpuDevice({ instructionSet: "portable" })
    expect(info).toMatchObject({
      kind: "cpu",
      numericsId: "cpu-portable-f32-v1",
      precision: "f32",
      deterministic: true,
    })
    expect(info.flopsPerSecond).toBeGreaterThan(1e8)
    expect(info.flopsPerSecond).toBeLessThan(1e13)
  })

  it("lets the event loop turn while it works", async () => {
    const executable = await compile(1, 1)
    let turns = 0
    const timer = setInterval(() => turns++, 1)
    const start = performance.now()
    while (performance.now() - start < 100) await executable.run(chunk(1, 100))
    clearInterval(timer)
    expect(turns).toBeGreaterThan(10)
  })
})
