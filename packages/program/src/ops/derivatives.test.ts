import { describe, expect, it } from "vitest"
import { op, runOp } from "../../test/run-op.ts"
import { normal } from "../../test/small-model.ts"
import { definitions, gradientOf, type Op } from "../index.ts"

const rows = 6
const sequenceLength = 3
const ids = [0, 4, 2, 2, 2, 1]
const targets = [3, 0, 4, 1, 1, 2]
const scalars = { s: 0.7 }
const run = { rows, sequenceLength, ids, targets, scalars }

interface Case {
  readonly op: Op
  /** Elements by buffer. */
  readonly sizes: Readonly<Record<string, number>>
  /** The output that carries the gradient, and scratch outputs (statistics). */
  readonly y: string
}

const heads = { heads: 2, theta: 100 }
const d = 4
const cases: readonly [string, Case][] = [
  [
    "embed with positions",
    {
      op: op("embed", { inputs: { table: "t", positions: "p" }, outputs: { y: "y" }, scalars: { scale: "s" } }),
      sizes: { t: 5 * d, p: 3 * d, y: rows * d },
      y: "y",
    },
  ],
  [
    "norm",
    {
      op: op("norm", {
        inputs: { x: "x", gain: "g", bias: "b" },
        outputs: { y: "y", stats: "st" },
        attributes: { eps: 1e-3 },
      }),
      sizes: { x: rows * 5, g: 5, b: 5, y: rows * 5, st: rows * 2 },
      y: "y",
    },
  ],
  [
    "norm without gain and bias",
    {
      op: op("norm", { inputs: { x: "x" }, outputs: { y: "y", stats: "st" }, attributes: { eps: 1e-3 } }),
      sizes: { x: rows * 5, y: rows * 5, st: rows * 2 },
      y: "y",
    },
  ],
  [
    "linear, odd sizes, with bias and scale",
    {
      op: op("linear", { inputs: { x: "x", weight: "w", bias: "b" }, outputs: { y: "y" }, scalars: { scale: "s" } }),
      sizes: { x: rows * 5, w: 35, b: 7, y: rows * 7 },
      y: "y",
    },
  ],
  [
    "linear, one output",
    {
      op: op("linear", { inputs: { x: "x", weight: "w" }, outputs: { y: "y" } }),
      sizes: { x: rows * 9, w: 9, y: rows },
      y: "y",
    },
  ],
  [
    "gelu",
    { op: op("gelu", { inputs: { x: "x" }, outputs: { y: "y" } }), sizes: { x: rows * 7, y: rows * 7 }, y: "y" },
  ],
  [
    "rotary",
    {
      op: op("rotary", { inputs: { x: "x" }, outputs: { y: "y" }, attributes: heads }),
      sizes: { x: rows * 3 * d, y: rows * 3 * d },
      y: "y",
    },
  ],
  [
    "qk_norm",
    {
      op: op("qk_norm", {
        inputs: { x: "x", qgain: "qg", qbias: "qb", kgain: "kg", kbias: "kb" },
        outputs: { y: "y", stats: "st" },
        attributes: { eps: 1e-3 },
      }),
      sizes: { x: rows * 15, qg: 5, qb: 5, kg: 5, kb: 5, y: rows * 15, st: rows * 4 },
      y: "y",
    },
  ],
  ...[true, false].map((alibi): [string, Case] => [
    `attention${alibi ? " with ALiBi" : ""}`,
    {
      op: op("attention", {
        inputs: { qkv: "x" },
        outputs: { y: "y", lse: "l" },
        scalars: { scale: "s" },
        attributes: { heads: 3, alibi },
      }),
      sizes: { x: rows * 18, y: rows * 6, l: rows * 3 },
      y: "y",
    },
  ]),
  [
    "cross_entropy",
    {
      op: op("cross_entropy", { inputs: { logits: "x" }, outputs: { loss: "y", lse: "l" } }),
      sizes: { x: rows * 5, y: rows, l: rows },
      y: "y",
    },
  ],
]

const random = (sizes: Readonly<Record<string, number>>) => {
  const next = normal(7)
  return new Map(Object.entries(sizes).map(([name, size]) => [name, Float64Array.from({ length: size }, next)]))
}
const dot = (a: Float64Array, b: Float64Array) => a.reduce((sum, value, i) => sum + value * b[i], 0)

describe.each(cases)("the gradient of %s", (_, { op: forward, sizes, y }) => {
  const rule = definitions[forward.kind].gradient!
  // The loss is the root: its gradient is that of the sum.
  const dy = forward.kind === "cross_entropy" ? new Float64Array(rows).fill(1) : random({ dy: sizes[y] }).get("dy")!
  const functional = (memory: Map<string, Float64Array>) => {
    runOp(forward, memory, run)
    return dot(memory.get(y)!, dy)
  }

  it.each([false, true])("is the directional derivative for every input (adding: %s)", (adding) => {
    const memory = random(sizes)
    functional(memory)
    const backward = rule(forward, gradientOf)
    const before = new Map<string, Float64Array>()
    for (const input of Object.values(forward.inputs)) {
      const junk = random({ [input]: sizes[input] }).get(input)!
      memory.set(gradientOf(input), junk)
      before.set(input, junk.slice())
    }
    memory.set(gradientOf(y), dy)
    const asked = definitions[backward.kind].outputs.filter(({ adds }) => adds === "asked").map(({ name }) => name)
    runOp({ ...backward, accumulate: adding ? asked : [] }, memory, run)

    for (const [slot, input] of Object.entries(forward.inputs)) {
      const output = definitions[backward.kind].outputs.find(({ name }) => name === `d${slot}`)!
      const kept = adding || output.adds === "always" ? 1 : 0
      const exact = memory.get(gradientOf(input))!.map((g, i) => g - kept * before.get(input)![i])
      for (let direction = 0; direction < 3; direction++) {
        const next = normal(100 + direction)
        const u = exact.map(() => next())
        const values = memory.get(input)!
        const at = (h: number) => functional(new Map([...memory, [input, values.map((value, i) => value + h * u[i])]]))
        const h = 2e-4
        const slope = (8 * (at(h) - at(-h)) - (at(2 * h) - at(-2 * h))) / (12 * h)
        const scale = Math.sqrt(dot(exact, exact) * dot(u, u))
        expect(Math.abs(slope - dot(exact, u)) / scale, `${input}, direction ${direction}`).toBeLessThan(1e-7)
      }
    }
  })
})
