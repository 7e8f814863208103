import { describe, expect, it } from "vitest"
import { op, runOp } from "../../test/run-op.ts"

const run = (scalars: Record<string, number>) => ({ rows: 1, sequenceLength: 1, scalars })
const named = (...names: string[]) => Object.fromEntries(names.map((name) => [name, name]))
const off = { gradScale: 1, clip: Number.POSITIVE_INFINITY, eta: 0.1, etaMultiplier: 1, decay: 0, decayMultiplier: 1 }

describe("global_norm", () => {
  it("is the norm of all tensors together, scaled", () => {
    const memory = new Map([
      ["a", Float64Array.of(3, 0)],
      ["b", Float64Array.of(-4)],
      ["n", new Float64Array(1)],
    ])
    runOp(
      op("global_norm", { inputs: { 0: "a", 1: "b" }, outputs: { norm: "n" }, scalars: named("gradScale") }),
      memory,
      run({ gradScale: 0.5 }),
    )
    expect(memory.get("n")![0]).toBe(2.5)
  })
})

describe("sgd", () => {
  const names = ["gradScale", "clip", "eta", "etaMultiplier", "decay", "decayMultiplier", "momentum"]
  const sgd = op("sgd", {
    inputs: { gradient: "g", norm: "n" },
    outputs: { parameter: "p", momentum: "m" },
    scalars: named(...names),
  })
  it("moves by the learning rate times the sum of a geometric series under a constant gradient", () => {
    const memory = new Map(["p", "m", "g", "n"].map((name) => [name, new Float64Array(1)]))
    memory.get("g")![0] = 1
    let travelled = 0
    for (let t = 1; t <= 5; t++) {
      runOp(sgd, memory, run({ ...off, momentum: 0.5 }))
      travelled += 0.1 * 2 * (1 - 0.5 ** t)
    }
    expect(memory.get("p")![0]).toBeCloseTo(-travelled, 14)
  })
  it("clips to the global norm and decays independently of the gradient", () => {
    const memory = new Map([
      ["p", Float64Array.of(2)],
      ["m", new Float64Array(1)],
      ["g", Float64Array.of(30)],
      ["n", Float64Array.of(50)],
    ])
    runOp(sgd, memory, run({ ...off, clip: 5, decay: 0.25, decayMultiplier: 2, momentum: 0 }))
    expect(memory.get("p")![0]).toBeCloseTo(2 * 0.5 - 0.1 * 30 * (5 / (50 + 1e-6)), 14)
  })
})

describe("signum", () => {
  it("moves by the learning rate against the sign, and not at all where the gradient is zero", () => {
    const memory = new Map([
      ["p", new Float64Array(3)],
      ["m", new Float64Array(3)],
      ["g", Float64Array.of(1e-9, -7, 0)],
      ["n", new Float64Array(1)],
    ])
    const names = ["gradScale", "clip", "eta", "etaMultiplier", "decay", "decayMultiplier", "momentum"]
    const slots = { inputs: { gradient: "g", norm: "n" }, outputs: { parameter: "p", momentum: "m" } }
    runOp(op("signum", { ...slots, scalars: named(...names) }), memory, run({ ...off, momentum: 0.9 }))
    expect([...memory.get("p")!]).toEqual([-0.1, 0.1, 0])
    expect(memory.get("m")![1]).toBeCloseTo(-0.7, 14)
  })
})

describe("adamw", () => {
  it("takes a first step of the learning rate against the sign of the gradient", () => {
    const memory = new Map(["p", "m", "v", "g", "n"].map((name) => [name, new Float64Array(2)]))
    memory.set("g", Float64Array.of(1e-3, -1e3))
    const betas = { beta1: 0.9, beta2: 0.95, eps: 0, correction1: 1 - 0.9, correction2: 1 - 0.95 }
    const slots = { inputs: { gradient: "g", norm: "n" }, outputs: { parameter: "p", m: "m", v: "v" } }
    const scalars = { ...off, ...betas }
    runOp(op("adamw", { ...slots, scalars: named(...Object.keys(scalars)) }), memory, run(scalars))
    expect(memory.get("p")![0]).toBeCloseTo(-0.1, 14)
    expect(memory.get("p")![1]).toBeCloseTo(0.1, 14)
  })
})
