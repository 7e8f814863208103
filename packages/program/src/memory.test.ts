import { describe, expect, it } from "vitest"
import { op } from "../test/run-op.ts"
import { plain, smallModel, uniform } from "../test/small-model.ts"
import { type Buffer, lifetimes, type Op, planMemory } from "./index.ts"

const activation = (name: string, size: number): Buffer => ({
  name,
  storage: "activation",
  shape: [size],
  perToken: true,
})

/** A random straight-line program: each operation reads up to three earlier results and writes one. */
const randomProgram = (seed: number): { ops: Op[]; buffers: Buffer[] } => {
  const next = uniform(seed)
  const buffers: Buffer[] = [activation("0", 1 + Math.floor(next() * 40))]
  const ops = [op("gelu", { outputs: { y: "0" } })]
  const length = 2 + Math.floor(next() * 40)
  for (let i = 1; i < length; i++) {
    buffers.push(activation(String(i), 1 + Math.floor(next() * 40)))
    const reach = next() < 0.2 ? i : 4
    const inputs = Array.from({ length: Math.floor(next() * 4) }, () =>
      String(Math.max(0, i - 1 - Math.floor(next() * reach))),
    )
    ops.push(op("gelu", { inputs: Object.fromEntries(inputs.entries()), outputs: { y: String(i) } }))
  }
  return { ops, buffers }
}

const expectDisjoint = (ops: readonly Op[], buffers: readonly Buffer[], alignment: number, keep: string[] = []) => {
  const plan = planMemory(ops, buffers, { rows: 3, alignment, keep })
  const alive = [...lifetimes(ops, buffers, keep)]
  expect(Object.keys(plan.offsets).sort()).toEqual(alive.map(([name]) => name).sort())
  for (const [a, one] of alive) {
    expect(plan.offsets[a] % alignment).toBe(0)
    expect(plan.offsets[a] + plan.sizes[a]).toBeLessThanOrEqual(plan.total)
    for (const [b, other] of alive) {
      if (a === b || one.last < other.first || other.last < one.first) continue
      const apart =
        plan.offsets[a] + plan.sizes[a] <= plan.offsets[b] || plan.offsets[b] + plan.sizes[b] <= plan.offsets[a]
      if (!apart) expect.fail(`"${a}" and "${b}" overlap while both are alive`)
    }
  }
  expect(plan.total).toBeGreaterThanOrEqual(plan.lowerBound)
  return plan
}

describe("planMemory", () => {
  it("never lets two buffers that live together overlap, and stays near the lower bound", () => {
    const ratios: number[] = []
    for (let seed = 0; seed < 300; seed++) {
      const { ops, buffers } = randomProgram(seed)
      const plan = expectDisjoint(ops, buffers, seed % 3 === 0 ? 16 : 1, seed % 2 === 0 ? ["0"] : [])
      ratios.push(plan.total / plan.lowerBound)
    }
    expect(Math.max(...ratios)).toBeLessThan(1.25)
    expect(ratios.reduce((a, b) => a + b) / ratios.length).toBeLessThan(1.025)
  })

  it.each(["tied", "untied"])("needs at most a tenth more than the lower bound for a decoder (%s)", (kind) => {
    const training = smallModel({ ...plain, width: 48, vocabulary: 300, sequenceLength: 32, tied: kind === "tied" })
    for (const ops of [training.grad, training.evaluate]) {
      const plan = expectDisjoint(ops, training.buffers, 16, [training.loss])
      expect(plan.total / plan.lowerBound).toBeLessThan(1.1)
    }
  })

  it("lets a chain live in its two largest neighbours", () => {
    const buffers = [activation("a", 10), activation("b", 20), activation("c", 10), activation("d", 15)]
    const ops = [
      op("gelu", { outputs: { y: "a" } }),
      op("gelu", { inputs: { x: "a" }, outputs: { y: "b" } }),
      op("gelu", { inputs: { x: "b" }, outputs: { y: "c" } }),
      op("gelu", { inputs: { x: "c" }, outputs: { y: "d" } }),
    ]
    expect(planMemory(ops, buffers, { rows: 2 })).toMatchObject({ total: 60, lowerBound: 60, sizes: { b: 40 } })
  })

  it("keeps what is kept to the end, and sizes every buffer", () => {
    const { buffers, grad } = smallModel(plain)
    const keep = lifetimes(grad, buffers, ["x"]).get("x")
    expect(keep).toEqual({ first: 0, last: grad.length - 1 })
    const { sizes, offsets } = planMemory(grad, buffers, { rows: 10 })
    expect(sizes).toMatchObject({ x: 80, table: 88, "m:table": 88, norm: 1 })
    expect(offsets["table"]).toBeUndefined()
  })
})
