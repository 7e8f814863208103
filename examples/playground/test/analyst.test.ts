import { fitLaw, isEstimate, type Law, type Row } from "@ts/fit"
import { beforeAll, describe, expect, it } from "vitest"
import { exported } from "../src/analyst/exports.ts"
import { predictionOf } from "../src/analyst/prediction.ts"
import { viewOf } from "../src/analyst/view.ts"
import { initialChoice } from "../src/studies/Choice.ts"
import { presetOf } from "../src/studies/presets.ts"
import { rowsInNode } from "./inNode.ts"

const choice = initialChoice("declared-law")
const truth = presetOf(choice.preset).truth!(choice.settings)

let rows: ReadonlyArray<Row>
let law: Law
beforeAll(async () => {
  rows = await rowsInNode(choice)
  law = fitLaw(rows)
})

describe("what the page draws", () => {
  it("is the declared law again: peaks at every horizon, and their growth", () => {
    const view = viewOf(law)
    expect(view.bells.every(({ curve }) => curve !== undefined)).toBe(true)
    const peak = view.tracks.find(({ id }) => id === "peak")!
    expect(peak.bars).toHaveLength(view.horizons.length)
    for (const { x, y } of peak.bars) expect(Math.abs(y - Math.log2(truth.peakBatch(2 ** x)))).toBeLessThan(0.3)
    expect(peak.text).toMatch(/^grows like T\^0\.\d\d \(90 %: /)
  })

  it("holds no curve before three batches are known", () => {
    const early = fitLaw(rows.filter(({ batch }) => batch <= 2 ** 9))
    expect(predictionOf(early, 2 ** 24, 2 ** 9).curve).toEqual([])
    const view = viewOf(early)
    expect(view.bells.some(({ bars }) => bars.length > 0)).toBe(true)
    expect(view.bells.every(({ curve }) => curve === undefined)).toBe(true)
  })

  it("says what a longer run needs, near the truth, with an interval", () => {
    const [tokens, batch] = [2 ** 24, 2 ** 12]
    const { eta, beyond, curve } = predictionOf(law, tokens, batch)
    if (!("value" in eta)) throw new Error(eta.why)
    expect(Math.abs(Math.log2(eta.value / truth.eta(batch, tokens)))).toBeLessThan(0.3)
    expect(eta.low!).toBeLessThan(eta.value)
    expect(eta.high!).toBeGreaterThan(eta.value)
    expect(beyond.tokens).toBe(4)
    expect(curve.length).toBeGreaterThan(10)
  })
})

describe("what nothing bounds", () => {
  it("is a loss without a number", () => {
    const { lossSurface } = law
    if (lossSurface._tag !== "LossSurface") throw new Error(lossSurface.message)
    expect(predictionOf(law, 2 ** 24, 2 ** 12).loss).toMatchObject({ value: expect.any(Number) })
    const vague = { ...lossSurface, covariance: lossSurface.covariance.map((c) => 1e12 * c) }
    expect(predictionOf({ ...law, lossSurface: vague }, 2 ** 24, 2 ** 12).loss).toEqual({
      why: expect.stringContaining("says nothing at batch"),
    })
  })

  it.each([
    [-Infinity, 0.5, /^grows like T\^.* \(90 %: below 0\.50\)$/],
    [0.3, Infinity, /^grows like T\^.* \(90 %: above 0\.30\)$/],
    [-Infinity, Infinity, /^grows with T by an exponent that is not identified$/],
  ])("is an end of an exponent's interval: %d … %d", (low, high, words) => {
    const { exponent } = law.powerLaws.peakBatch
    if (!isEstimate(exponent)) throw new Error(exponent.message)
    const open = { ...law.powerLaws.peakBatch, exponent: { ...exponent, interval: { low, high, level: 0.9 } } }
    const view = viewOf({ ...law, powerLaws: { ...law.powerLaws, peakBatch: open } })
    expect(view.tracks.find(({ id }) => id === "peak")!.text).toMatch(words)
  })
})

describe("what one takes home", () => {
  const home = (wanted: "csv" | "json" | "report") => exported(wanted, "name", "A title", rows, law, [2 ** 24])

  it("holds every row to the last digit", async () => {
    const csv = (await home("csv")).text.trim().split("\n")
    const [head, ...lines] = csv.map((line) => line.split(","))
    const at = (name: string) => lines.map((line) => Number(line[head!.indexOf(name)]))
    expect(at("loss")).toEqual(rows.map(({ loss }) => loss))
    expect(at("eta")).toEqual(rows.map(({ eta }) => eta))
    expect(JSON.parse((await home("json")).text)).toEqual(JSON.parse(JSON.stringify(rows)))
  })

  it("has a report that says where the losses come from", async () => {
    const { name, text } = await home("report")
    expect(name).toBe("name.html")
    expect(text).toContain("A title")
    expect(text).toContain("SYNTHETIC")
  })
})
