import { fitLaw, isEstimate, type Law, predict, type Row } from "@ts/fit"
import { describe, expect, it } from "vitest"
import { bellStudy, edgeStudy, oneHorizonStudy, quickstart, sizesStudy } from "../../test/studies.ts"
import { questionOf } from "../findings/next-runs.ts"
import { cellText, log2, nats } from "../format/result.ts"
import { ownCells } from "../law-view.ts"
import { provenanceOf } from "../options.ts"
import { predictionText } from "./prediction-text.ts"
import { textReport } from "./text-report.ts"

const { law, rows } = quickstart()
const bell = bellStudy()

/** The lines of the grid, by the label of their batch. */
const gridLine = (text: string, label: string): string =>
  text.split("\n").find((line) => line.trimStart().startsWith(`${label} `)) ?? ""

const withoutNoise = (): Law => fitLaw(rows.filter((row) => [-9, -8, -7].includes(Math.log2(row.eta))))

describe("textReport", () => {
  it("prints every identified eta* with the error that the law gives", () => {
    const text = textReport(law)
    for (const cell of ownCells(law)) {
      const line = gridLine(text, `2^${Math.log2(cell.batch)}`)
      expect(line).toContain(cellText(cell.eta, log2))
      if (isEstimate(cell.eta)) {
        const shown = Number(/^-?[\d.]+/.exec(cellText(cell.eta, log2))?.[0])
        expect(Math.abs(shown - Math.log2(cell.eta.value))).toBeLessThan(0.051)
      }
    }
  })

  it("says few steps and numbers the reason instead of a rate", () => {
    const text = textReport(law)
    const line = gridLine(text, "2^12")
    expect(line.match(/few steps¹/g)).toHaveLength(4)
    expect(text).toMatch(/¹ Only \d+ steps after warmup/)
  })

  it("quotes the exponent of the overhead batch with its interval", () => {
    const { exponent } = law.powerLaws.overheadBatch
    if (!isEstimate(exponent) || exponent.interval === undefined) throw new Error("the study identifies it")
    const { low, high } = exponent.interval
    expect(flat(textReport(law))).toContain(
      `grows like T^${exponent.value.toFixed(2)} (90 %: ${low.toFixed(2)} … ${high.toFixed(2)})`,
    )
  })

  it("names the regimes and their slopes", () => {
    const text = flat(textReport(bell.law))
    expect(text).toMatch(/falls at 2\^5 \(-0\.\d+ ± 0\.0\d+\)/)
    expect(text).toMatch(/flat at [^;]*2\^10/)
    expect(text).toMatch(/rises at [^;]*2\^13/)
  })

  it("gives the peak where it is identified and a bound where it is not", () => {
    expect(flat(textReport(bell.law))).toMatch(/eta\*\(B\) peaks at B = 2\^8\.[45]\d\(\d\), .*grows like T\^0\.[56]\d/)
    const low = flat(textReport(law))
    expect(low).toContain("peak B_crit not identified: eta* shows no fall up to the largest batch")
    expect(low).toMatch(/90 % lower bound 2\^\d+(\.\d)? tokens at T = 2\^19/)
  })

  it("gives predictions with interval, regret, extrapolation and conditions, said once", () => {
    const predictions = [predict(law, { tokens: 2 ** 22 }), predict(law, { tokens: 2 ** 22, batch: 1024 })]
    const text = flat(textReport(law, { predictions }))
    const eta = predictions[1].eta
    if (!isEstimate(eta)) throw new Error("the study identifies it")
    expect(text).toContain(`T = 2^22: B = 2^10, eta = 2^${Math.log2(eta.value).toFixed(1)}`)
    expect(text).toMatch(/expected regret 0\.\d+ nats, 0\.\d+ at the ends of the interval · extrapolates 8x in T/)
    expect(text.match(/schedule: constant/g)).toHaveLength(1)
    expect(text.match(/holds for: the conditions at the top/g)).toHaveLength(1)
  })

  it("keeps to the width, in blocks where the table is wider", () => {
    for (const width of [60, 100]) {
      const text = textReport(law, { width, title: "a study with quite a long name ".repeat(4) })
      for (const line of text.split("\n")) expect(line.length).toBeLessThanOrEqual(width)
    }
    expect(textReport(law, { width: 60 }).match(/B \\ T/g)).toHaveLength(2)
  })

  it.each<[string, () => Law]>([
    ["no optimum", () => edgeStudy().law],
    ["one horizon", () => oneHorizonStudy().law],
    ["sizes", () => sizesStudy().law],
    ["a form left open", () => law],
    ["no rows", () => fitLaw([])],
  ])("with all that can be asked of a law with %s, keeps to the width and has no empty number", (_, lawOf) => {
    const one = lawOf()
    const predictions = [
      predict(one, { tokens: 2 ** 30 }),
      { ...predict(one, { tokens: 2 ** 30, batch: 512 }), size: 1e8 },
    ]
    const questions = [questionOf(predictions), { about: "exponent" } as const]
    for (const width of [60, 80, 100]) {
      for (const text of [
        textReport(one, { width, predictions, questions }),
        predictionText(one, { width, predictions, questions }),
      ]) {
        expect(text).not.toMatch(/NaN|undefined|Infinity|\[object/)
        for (const line of text.split("\n")) expect(line.length, line).toBeLessThanOrEqual(width)
        expect(text).toContain("next runs    ")
        expect(text.endsWith("\n")).toBe(true)
      }
    }
  })

  it("shows the loss at the best batch under it, in every column", () => {
    const text = textReport(bell.law)
    const losses = bell.law.bestBatches.map(({ loss }) => cellText(loss, nats))
    expect(gridLine(text, "loss there").trim().split(/ {2,}/)).toEqual(["loss there", ...losses])
    expect(gridLine(text, "best B").trim().split(/ {2,}/)).toHaveLength(1 + losses.length)
  })

  it("has a dash where a horizon has no best batch, and no row where none has", () => {
    const late = bell.rows.filter((row) => row.tokens > 2 ** 20 || row.batch === 32)
    const [, first] = gridLine(textReport(fitLaw(late, { resamples: 0 })), "best B")
      .trim()
      .split(/ {2,}/)
    expect(first).toBe("–")
    const one = bell.rows.filter((row) => row.batch === 32)
    expect(textReport(fitLaw(one, { resamples: 0 }))).not.toContain("best B  ")
  })

  it("explains horizons that are no round powers of two", () => {
    const odd = rows.map((row) => ({ ...row, tokens: Math.round(row.tokens * 1.25) + 1 }))
    const text = textReport(fitLaw(odd, { resamples: 0 }))
    // 1.25 * 2^15 + 1 tokens.
    expect(flat(text)).toContain("2^15.32 = 41k, ")
    expect(textReport(law)).not.toContain("= 32.8k")
  })

  it("asks published laws once for a run, with its batch, and not at all where they are left out", () => {
    const target = { tokens: 2 ** 34 }
    const open = predict(edgeStudy().law, target)
    expect(open.batch._tag).toBe("Estimate")
    const depends = { ...open, batch: { _tag: "NotIdentified", reason: "depends", message: "m", points: 0 } } as const
    const given = predict(law, { ...target, batch: 2 ** 20 })
    const count = (text: string) => text.match(/^published /gm)?.length ?? 0
    expect(count(textReport(law, { predictions: [depends, given] }))).toBe(1)
    expect(count(textReport(law, { predictions: [given, depends] }))).toBe(2)
    expect(count(textReport(law, { predictions: [given], published: false }))).toBe(0)
    const more = { size: 1e9, reference: { weightDecay: 0.1 } }
    expect(textReport(law, { predictions: [given], published: more })).toContain("Practice of nanochat")
  })

  it("colours only where asked to, and the same text", () => {
    const plain = textReport(law)
    // biome-ignore lint/suspicious/noControlCharactersInRegex: ANSI escapes are what is looked for
    const escapes = /\u001b\[\d+m/g
    expect(plain).not.toMatch(escapes)
    const colored = textReport(law, { color: true })
    expect(colored).toMatch(escapes)
    expect(colored.replace(escapes, "")).toBe(plain)
  })

  it("flags synthetic losses", () => {
    expect(textReport(bell.law, { provenance: provenanceOf(bell.rows) })).toMatch(/^SYNTHETIC /m)
    expect(textReport(law, { provenance: provenanceOf(rows) })).not.toContain("SYNTHETIC")
  })

  it("renders a law of no rows, of one cell, and without a noise level", () => {
    expect(textReport(fitLaw([]))).toContain("no rows")
    const one = textReport(fitLaw(rows.filter((row) => row.batch === 64 && row.tokens === 2 ** 15 && row.width === 64)))
    expect(one).toContain("2^6")
    expect(one).not.toMatch(/NaN|undefined|Infinity/)
    expect(textReport(withoutNoise())).toContain("(?)")
  })

  it("prints no number in any cell where nothing is identified", () => {
    const edge: ReadonlyArray<Row> = rows.map((row) => ({
      ...row,
      loss: 3 - Math.log2(row.eta) / 100,
      status: "finished",
    }))
    const text = textReport(fitLaw(edge))
    const line = gridLine(text, "2^6")
    expect(line.replace("2^6", "").replace(/≥ -?[\d.]+/g, "")).not.toMatch(/\d/)
    expect(line).toContain("≥ -5.0")
  })
})

const flat = (text: string): string => text.replace(/\s+/g, " ")
