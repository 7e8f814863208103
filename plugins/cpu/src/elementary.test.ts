/** The vector functions over their whole range, against the reference in float64. */
import "../test/build.ts"
import { builder, type Executable, referenceDevice } from "@ts/program"
import { describe, expect, it } from "vitest"
import { cpuAvailability, cpuDevice } from "./index.ts"

const availability = cpuAvailability()
if (!availability.available) throw new Error(availability.reason)

/** Token t has the numbers of row t: GELU and softmax see exactly the table. */
const rows = 128
const width = 16
const build = builder({ sequenceLength: rows, vocabulary: rows })
const table = build.parameter("table", [rows, width])
const head = build.parameter("head", [rows, width])
const x = build.embed({ table, scale: "one", out: "x" })
const y = build.gelu({ x, out: "y" })
const logits = build.linear({ x, weight: head, out: "copied" })
const nothing = build.parameter("nothing", [rows, width]) // zeros: y is there to be looked at
build.crossEntropy(build.linear({ x: y, weight: nothing, residual: logits, out: "logits" }))
const training = build.training({ optimizer: "sgd" })

const values = (reach: number) =>
  Float32Array.from({ length: rows * width }, (_, i) => reach * ((2 * i) / (rows * width - 1) - 1))
/** The head copies coordinates, so that logits are the table's numbers: well beyond where exp overflows. */
const copies = Float32Array.from({ length: rows * width }, (_, i) =>
  Math.floor(i / width) % width === i % width ? 1 : 0,
)

const evaluate = async (executable: Promise<Executable>, reach: number) => {
  const compiled = await executable
  compiled.scalars(0, { one: 1 })
  await compiled.write(0, "table", values(reach))
  await compiled.write(0, "head", copies)
  const tokens = Int32Array.from({ length: rows + 1 }, (_, t) => t % rows)
  await compiled.run([{ program: "evaluate", sequences: 1, tokens: [tokens] }])
  return Promise.all([y, "loss.lse"].map((name) => compiled.read(0, name)))
}

describe.each(availability.instructionSets)("%s", (instructionSet) => {
  it.each([0.01, 1, 5, 14, 200])("gelu and log-sum-exp of numbers up to %d", async (reach) => {
    const options = { lanes: 1, microBatch: 1, keep: [y, "loss.lse"] }
    const device = await cpuDevice({ instructionSet })
    const [gelu, lse] = await evaluate(device.compile(training, options), reach)
    const [trueGelu, trueLse] = await evaluate(referenceDevice().compile(training, options), reach)
    const input = values(reach)
    for (let i = 0; i < input.length; i++) {
      expect(Math.abs(gelu[i] - trueGelu[i]), `gelu(${input[i]})`).toBeLessThanOrEqual(2.5e-7 * Math.abs(input[i]))
    }
    for (let t = 0; t < rows; t++) {
      // The largest logit plus the log of a sum of 1 to `rows`: rounded as these are.
      const largest = Math.max(...input.subarray(t * width, (t + 1) * width).map(Math.abs))
      expect(Math.abs(lse[t] - trueLse[t]), `row ${t}`).toBeLessThanOrEqual(1.5e-7 * (largest + Math.log(rows)))
    }
  })
})
