import { describe, expect, it } from "vitest"
import { parametersOf, plain, scales, smallModel, tokens, weights } from "../test/small-model.ts"
import {
  type Call,
  type CompileOptions,
  type Executable,
  gradientOf,
  ProgramError,
  referenceDevice,
  type Training,
  UnknownName,
  UnsupportedOperation,
} from "./index.ts"

const hyper = { clip: 1, beta1: 0.9, beta2: 0.95, "averageDecay:slow": 0.9, "averageDecay:fast": 0.5 }
const step = (t: number): Float64Array => Float64Array.of(1 / 40, 0.01, 0.001, 1 - 0.9 ** t, 1 - 0.95 ** t)

const start = async (training: Training, options: Partial<CompileOptions> = {}, precision: "f64" | "f32" = "f64") => {
  const device = await referenceDevice({ precision }).compile(training, { lanes: 1, microBatch: 8, ...options })
  for (let lane = 0; lane < (options.lanes ?? 1); lane++) await prepare(device, training, lane, lane)
  return device
}
const prepare = async (device: Executable, training: Training, lane: number, seed: number) => {
  // Of the table of scalars, those that this training has.
  const own = parametersOf(training).flatMap(({ name }): [string, number][] => [
    [`eta:${name}`, 1 + seed / 10],
    [`decay:${name}`, 1],
    [`eps:${name}`, 1e-8],
  ])
  const all = Object.entries({ ...scales, ...hyper, ...Object.fromEntries(own) })
  device.scalars(lane, Object.fromEntries(all.filter(([name]) => training.scalars.includes(name))))
  for (const [name, values] of weights(training, 10 + seed)) await device.write(lane, name, values)
}
const everything = async (device: Executable, training: Training, lane = 0) => {
  const kept = training.buffers.filter(({ storage }) => storage !== "activation")
  return Promise.all(kept.map(async ({ name }) => [name, await device.read(lane, name)] as const))
}
const cut = (training: Training, ids: Int32Array, sizes: readonly number[]): Call[] => {
  const stride = training.sequenceLength + 1
  let at = 0
  return sizes.map((sequences) => {
    const slice = ids.slice(at * stride, (at + sequences) * stride)
    at += sequences
    return { program: "grad", sequences, tokens: [slice] }
  })
}

const options = { optimizer: "adamw", averages: ["slow", "fast"] } as const
const tied = smallModel({ ...plain, tied: true, positions: "learned", bias: true }, options)

describe("the reference device", () => {
  it.each(["f64", "f32"] as const)("has the same bits however a batch is cut (%s)", async (precision) => {
    const ids = tokens(tied, 8, 5)
    const results: unknown[] = []
    for (const sizes of [[8], [1, 1, 1, 1, 1, 1, 1, 1], [3, 5]]) {
      const device = await start(tied, {}, precision)
      const losses: number[] = []
      for (let t = 1; t <= 3; t++) {
        const out = await device.run([...cut(tied, ids, sizes), { program: "update", scalars: [step(t)] }])
        losses.push(...out.flatMap((values) => [...values]))
      }
      results.push([losses, await everything(device, tied)])
    }
    expect(results[1]).toEqual(results[0])
    expect(results[2]).toEqual(results[0])
  })

  it("has the same bits for a lane alone and among others", async () => {
    const ids = [0, 1, 2].map((lane) => tokens(tied, 2, lane))
    const together = await start(tied, { lanes: 3 })
    await together.run([
      { program: "grad", sequences: 2, tokens: ids },
      { program: "update", scalars: [step(1), step(1), step(1)] },
    ])
    for (let lane = 0; lane < 3; lane++) {
      const alone = await start(tied)
      await prepare(alone, tied, 0, lane)
      await alone.run([
        { program: "grad", sequences: 2, tokens: [ids[lane]] },
        { program: "update", scalars: [step(1)] },
      ])
      expect(await everything(together, tied, lane)).toEqual(await everything(alone, tied))
    }
  })

  it("leaves inactive lanes untouched, asks nothing of them and returns NaN", async () => {
    const device = await start(tied, { lanes: 2 })
    const before = await everything(device, tied, 0)
    const ids = tokens(tied, 1, 1)
    const calls: Call[] = [
      { program: "grad", sequences: 1, tokens: [new Int32Array(0), ids] },
      { program: "update", scalars: [new Float64Array(0), step(1)] },
    ]
    const [losses, norms] = await device.run(calls, [false, true])
    expect([losses[0], norms[0]]).toEqual([Number.NaN, Number.NaN])
    expect(losses[1]).toBeGreaterThan(0)
    expect(await everything(device, tied, 0)).toEqual(before)
  })

  it("returns summed losses: with a readout of zero, S ln V for every sequence", async () => {
    const training = smallModel(plain)
    const device = await start(training)
    await device.write(0, "readout", new Float64Array(11 * 8))
    const [losses] = await device.run([{ program: "evaluate", sequences: 3, tokens: [tokens(training, 3, 1)] }])
    expect(losses).toHaveLength(3)
    for (const loss of losses) expect(loss).toBeCloseTo(5 * Math.log(11), 12)
  })

  it("clears the gradient in update and measure, and measures without touching anything else", async () => {
    const device = await start(tied)
    const before = await everything(device, tied)
    const grad: Call = { program: "grad", sequences: 2, tokens: [tokens(tied, 2, 1)] }
    await device.run([grad])
    let square = 0
    for (const { name } of parametersOf(tied)) {
      for (const g of await device.read(0, gradientOf(name))) square += g * g
    }
    const [[norm], , [again], , [scaled]] = await device.run([
      { program: "measure" },
      grad,
      { program: "measure" },
      grad,
      { program: "update", scalars: [step(1)] },
    ])
    expect(norm).toBeCloseTo(Math.sqrt(square), 12)
    expect(again).toBe(norm)
    expect(scaled).toBeCloseTo(norm / 40, 12)
    for (const { name } of parametersOf(tied)) {
      expect((await device.read(0, gradientOf(name))).every((g) => g === 0)).toBe(true)
    }
    const fresh = await start(tied)
    await fresh.run([grad, { program: "measure" }])
    expect(await everything(fresh, tied)).toEqual(before)
  })

  it("averages weights as the closed form says, and evaluates with them", async () => {
    const device = await start(tied)
    const name = "block0.up.w"
    const grad: Call = { program: "grad", sequences: 2, tokens: [tokens(tied, 2, 1)] }
    const trail: (Float32Array | Float64Array)[] = []
    for (let t = 1; t <= 4; t++) {
      await device.run([grad, { program: "update", scalars: [step(t)] }])
      trail.push(await device.read(0, name))
    }
    for (const [average, decay] of [
      ["slow", 0.9],
      ["fast", 0.5],
    ] as const) {
      const held = await device.read(0, `average:${average}:${name}`)
      held.forEach((value, i) => {
        const closed = trail.reduce((sum, at, t) => sum + (1 - decay) * decay ** (3 - t) * at[i], 0)
        expect(value).toBeCloseTo(closed, 14)
      })
    }
    const correction = 1 / (1 - 0.9 ** 4)
    const evaluate: Call = { program: "evaluate", sequences: 2, tokens: [tokens(tied, 2, 9)] }
    const averaged: Call = { ...evaluate, average: { name: "slow", correction: Float64Array.of(correction) } }
    const [raw, read, rawAgain] = await device.run([evaluate, averaged, evaluate])
    expect(rawAgain).toEqual(raw)
    const weightsOfAverage = await start(tied)
    for (const { name } of parametersOf(tied)) {
      const values = (await device.read(0, `average:slow:${name}`)) as Float64Array
      await weightsOfAverage.write(
        0,
        name,
        values.map((value) => correction * value),
      )
    }
    expect((await weightsOfAverage.run([evaluate]))[0]).toEqual(read)
    expect(read).not.toEqual(raw)
  })

  it("keeps activations of the whole call, whatever memory they shared", async () => {
    const keep = ["block1.h1", "logits", "grad:logits", "loss"]
    const device = await start(tied, { keep })
    expect(await device.read(0, "logits")).toHaveLength(0)
    const ids = tokens(tied, 3, 1)
    const [losses] = await device.run([{ program: "grad", sequences: 3, tokens: [ids] }])
    const [logits, slope, loss] = await Promise.all(
      ["logits", "grad:logits", "loss"].map((name) => device.read(0, name)),
    )
    expect(logits).toHaveLength(3 * 5 * 11)
    for (let n = 0; n < 15; n++) {
      const row = [...logits.slice(11 * n, 11 * n + 11)]
      const total = row.reduce((sum, value) => sum + Math.exp(value), 0)
      const target = ids[Math.floor(n / 5) * 6 + (n % 5) + 1]
      row.forEach((value, v) => {
        expect(slope[11 * n + v]).toBeCloseTo(Math.exp(value) / total - (v === target ? 1 : 0), 12)
      })
      expect(loss[n]).toBeCloseTo(Math.log(total) - row[target], 12)
    }
    expect(losses[2]).toBeCloseTo(
      [...loss.slice(10)].reduce((a, b) => a + b),
      12,
    )
    await device.run([{ program: "evaluate", sequences: 1, tokens: [ids.slice(0, 6)] }])
    expect(await device.read(0, "logits")).toEqual(logits.slice(0, 55))
    expect(await device.read(0, "block1.h1")).toHaveLength(5 * 8)
  })

  it("learns to repeat a sequence", async () => {
    const training = smallModel({ ...plain, positions: "rotary", qkNorm: true }, { optimizer: "signum" })
    const device = await start(training)
    const grad: Call = { program: "grad", sequences: 2, tokens: [tokens(training, 2, 3)] }
    device.scalars(0, { momentum: 0.5, clip: Number.POSITIVE_INFINITY })
    const update: Call = { program: "update", scalars: [Float64Array.of(0.1, 0.01, 0)] }
    const losses = await device.run(Array.from({ length: 80 }, (_, i) => (i % 2 === 0 ? grad : update)))
    expect(losses[78][0]).toBeLessThan(losses[0][0] / 5)
  })

  it("stores float32 when asked, and says so in its id", async () => {
    expect(referenceDevice().info.numericsId).toBe("reference-f64-v1")
    expect(referenceDevice({ precision: "f32" }).info.numericsId).toBe("reference-f32-v1")
    const [single, double] = [await start(tied, {}, "f32"), await start(tied)]
    expect(await single.read(0, "table")).toBeInstanceOf(Float32Array)
    expect(2 * single.bytes).toBe(double.bytes)
    await single.write(0, "table", new Float64Array(88).fill(0.1))
    expect((await single.read(0, "table"))[0]).toBe(Math.fround(0.1))
  })
})

describe("bad input to the reference device", () => {
  const grad = (ids: Int32Array, sequences = 1): Call => ({ program: "grad", sequences, tokens: [ids] })

  it.each([
    [
      "id beyond the vocabulary",
      grad(Int32Array.of(0, 1, 2, 11, 4, 5)),
      /token id 11 \(lane 0, sequence 0, position 3\)/,
    ],
    ["negative target", grad(Int32Array.of(0, 1, 2, 3, 4, -1)), /token id -1 .*position 5\).*ids are 0 to 10/],
    ["too few tokens", grad(new Int32Array(5)), /must hold 6 values, not 5/],
    ["too many sequences", grad(new Int32Array(54), 9), /sequences must be a whole number from 1 to 8, not 9/],
    ["no sequence", grad(new Int32Array(0), 0), /not 0/],
    ["no tokens for a lane", { program: "grad", sequences: 1, tokens: [] } as Call, /tokens of lane 0/],
    ["missing step scalars", { program: "update", scalars: [Float64Array.of(1)] } as Call, /gradScale, eta, decay/],
  ])("%s: a RangeError, before any call has run", async (_, call, message) => {
    const device = await start(tied)
    const before = await everything(device, tied)
    const good = grad(tokens(tied, 1, 1))
    await expect(device.run([good, call])).rejects.toThrow(message)
    await expect(device.run([good, call])).rejects.toThrow(RangeError)
    expect(await everything(device, tied)).toEqual(before)
  })

  it("unknown or unreadable buffers, scalars and averages, and wrong sizes", async () => {
    const device = await start(tied)
    await expect(device.read(0, "nope")).rejects.toThrow(UnknownName)
    await expect(device.read(0, "logits")).rejects.toThrow(/CompileOptions.keep/)
    await expect(device.read(1, "table")).rejects.toThrow(/lane must be from 0 to 0/)
    await expect(device.write(0, "nope", new Float64Array(1))).rejects.toThrow(UnknownName)
    await expect(device.write(0, "logits", new Float64Array(1))).rejects.toThrow(ProgramError)
    await expect(device.write(0, gradientOf("table"), new Float64Array(88))).rejects.toThrow(ProgramError)
    await expect(device.write(0, "table", new Float64Array(87))).rejects.toThrow(/holds 88 values, not 87/)
    expect(() => device.scalars(0, { learningRate: 1 })).toThrow(/no scalar named "learningRate"/)
    const average = { name: "other", correction: Float64Array.of(1) }
    const call: Call = { program: "evaluate", sequences: 1, tokens: [tokens(tied, 1, 1)], average }
    await expect(device.run([call])).rejects.toThrow(/no average named "other" here; there are: slow, fast/)
    await expect(device.run([], [true, true])).rejects.toThrow(/active must hold 1 values/)
  })

  it("options of compile", async () => {
    const { compile } = referenceDevice()
    await expect(compile(tied, { lanes: 0, microBatch: 1 })).rejects.toThrow(/lanes must be .* from 1 to 64, not 0/)
    await expect(compile(tied, { lanes: 65, microBatch: 1 })).rejects.toThrow(RangeError)
    await expect(compile(tied, { lanes: 1, microBatch: 1.5 })).rejects.toThrow(/microBatch/)
    await expect(compile(tied, { lanes: 1, microBatch: 1, keep: ["nope"] })).rejects.toThrow(UnknownName)
  })

  it("a disposed executable, and an operation it does not admit to", async () => {
    const device = await start(tied)
    device.dispose()
    await expect(device.run([])).rejects.toThrow(/disposed/)
    await expect(device.read(0, "table")).rejects.toThrow(/disposed/)
    const lesser = referenceDevice({ operations: ["embed", "linear"] })
    const refusal = await lesser.compile(tied, { lanes: 1, microBatch: 1 }).catch((error: unknown) => error)
    expect(refusal).toBeInstanceOf(UnsupportedOperation)
    expect(refusal).toMatchObject({ device: "reference", operation: "norm" })
  })
})
