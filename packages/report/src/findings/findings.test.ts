import { type Equivalence, fitLaw, type Law, nextRuns, notIdentified, predict } from "@ts/fit"
import { describe, expect, it } from "vitest"
import { bellStudy, edgeStudy, oneHorizonStudy, quickstart, sizesStudy } from "../../test/studies.ts"
import { findings } from "./findings.ts"
import { form } from "./form.ts"
import { lossLaw } from "./loss-law.ts"
import { nextRunsFinding, questionOf } from "./next-runs.ts"
import { optima } from "./optima.ts"
import { widthFindings } from "./width.ts"

const { law } = quickstart()
const bell = bellStudy().law

describe("findings", () => {
  it.each<[string, Law]>([
    ["no rows", fitLaw([])],
    ["no optimum", edgeStudy().law],
    ["one horizon", oneHorizonStudy().law],
    ["sizes", sizesStudy().law],
    ["a bell", bell],
  ])("are words for a law with %s", (_, one) => {
    const all = findings(one)
    expect(all.length).toBeGreaterThan(0)
    for (const { text, notes, label, table } of all) {
      const cells = table?.rows.flat().map((cell) => cell.text) ?? []
      expect([text, ...notes, ...cells].join(" ")).not.toMatch(/NaN|undefined|Infinity|\[object/)
      expect(text).not.toBe("")
      expect(label.length).toBeLessThanOrEqual(12)
    }
    expect(new Set(all.map(({ id }) => id)).size).toBe(all.length)
  })

  it("count the optima, and what keeps the others", () => {
    expect(optima(law)?.text).toBe(
      "eta* is known in 25 of 35 cells of batch and horizon; not in the others: few steps in 10",
    )
    expect(optima(bell)?.text).toBe("eta* is known in 45 of 45 cells of batch and horizon")
    expect(optima(edgeStudy().law)?.text).toContain("0 of 35 cells of batch and horizon; not in the others: edge in 25")
  })
})

describe("the form of eta*(B)", () => {
  it("is found where the data name it, and quoted in the law's own words", () => {
    expect(form(bell)).toMatchObject({ state: "found", text: bell.forms.words, notes: [] })
    const open = form(law)
    expect(open).toMatchObject({ state: "not identified", text: law.forms.words })
    expect(open?.notes).toEqual(["Predictions take the bell, and say what the other possible forms would."])
  })

  it("gives exponents in the size, where the law was fitted over sizes", () => {
    const [note] = form(sizesStudy().law)?.notes ?? []
    // The truth: eta_crit ~ N^-0.3, B_crit independent of N.
    expect(note).toMatch(/^eta_crit ~ N\^-0\.30 \(90 %: .*\), B_crit ~ N\^-?0\.0\d \(/)
  })

  it("needs no table where there is nothing to compare", () => {
    const one = fitLaw(quickstart().rows.filter((row) => row.batch === 64))
    expect(form(one)?.table).toBeUndefined()
  })
})

describe("the law of the loss", () => {
  it("gives floor, exponent and the growth of the balance batch as they were drawn", () => {
    // loss = 0.9 + 1.6 (T / (1 + 0.2 B / B_20))^-0.11, B_20 = 2^6.7 (T / 2^15)^0.47, so B_bal = 5 B_20.
    expect(lossLaw(bell)?.text).toMatch(
      /^floor 0\.[89]\d?\(\d\) \(90 %: .*\), the rest falls like T\^-0\.1[01] .*grows like T\^0\.4[678] \(/,
    )
    expect(lossLaw(bell)?.state).toBe("found")
  })

  it.each([0, 2 ** -8])("prints no bound of the balance batch that says nothing: %d tokens", (lower) => {
    const { lossSurface } = bell
    if (lossSurface._tag !== "LossSurface") throw new Error("the study has a law of the loss")
    const balanceBatch = notIdentified("not-reached", "The batches measured hardly cost more data.", 9, { lower })
    expect(lossLaw({ ...bell, lossSurface: { ...lossSurface, balanceBatch } })?.text).toContain(
      "twice the data at B_bal = not identified (not reached) at T = ",
    )
  })

  it("says what is missing", () => {
    expect(lossLaw(oneHorizonStudy().law)?.text).toMatch(/^its law is not identified: .*needs three of each$/)
  })
})

describe("widths", () => {
  const estimate = (value: number): Equivalence => ({
    difference: {
      _tag: "Estimate",
      value,
      scale: "linear",
      standardError: 0.1,
      interval: { low: value - 0.16, high: value + 0.16, level: 0.9 },
      n: 9,
      notes: [],
    },
    margin: 0.5,
    verdict: "equivalent",
  })
  const withLaws = (laws: { readonly peakBatch: Equivalence; readonly peakEta: Equivalence }): Law => ({
    ...law,
    widths: law.widths.map((w) => ({ ...w, laws })),
  })

  it("are compared in their laws too", () => {
    const different = { ...estimate(0.8), verdict: "different" } as const
    expect(widthFindings(withLaws({ peakBatch: estimate(0.2), peakEta: different }))[0]?.notes).toEqual([
      "Of the law at each width, B_crit agrees: +0.20 ± 0.10 octaves (90 %: 0.04 … 0.36), margin ±0.5; eta_crit differs: +0.80 ± 0.10 octaves (90 %: 0.64 … 0.96), margin ±0.5.",
    ])
  })

  it("say why their laws are not compared", () => {
    const none: Equivalence = {
      difference: notIdentified("depends", "Only one width has a peak: measure larger batches.", 3),
      margin: 0.5,
      verdict: "not identified",
    }
    expect(widthFindings(withLaws({ peakBatch: none, peakEta: none }))[0]?.notes).toEqual([
      "The laws of the two widths are not compared: only one width has a peak: measure larger batches.",
    ])
  })
})

describe("the next runs", () => {
  it("are the law's proposals, their errors in octaves", () => {
    const question = { about: "eta", tokens: 2 ** 22, batch: 2 ** 10 } as const
    const { text, table } = nextRunsFinding(law, question)
    const proposals = nextRuns(law, question)
    if ("_tag" in proposals) throw new Error(proposals.message)
    const now = (proposals[0]?.now ?? 0) / Math.log(2)
    expect(text).toContain(`eta at T = 2^22, B = 2^10 (standard error now ${now.toPrecision(2)} octaves)`)
    expect(table?.rows.map((row) => row[0]?.value)).toEqual(proposals.map((p) => p.batch))
    expect(table?.rows.map((row) => row.at(-1)?.text)).toEqual(
      proposals.map((p) => `${(p.after / Math.log(2)).toPrecision(2)} octaves`),
    )
  })

  it("are not named where nothing can be planned", () => {
    const none = nextRunsFinding(fitLaw([]), { about: "exponent" })
    expect(none.state).toBe("not identified")
    expect(none.text).toMatch(/^for the exponent of B_crit in T: none can be named; no law could be fitted/)
  })

  it("are asked for eta of the last prediction with a batch, else for the exponent", () => {
    const [open, given] = [predict(law, { tokens: 2 ** 22 }), predict(law, { tokens: 2 ** 23, batch: 512 })]
    expect(questionOf([open, given])).toEqual({ about: "eta", tokens: 2 ** 23, batch: 512 })
    const empty = fitLaw([])
    expect(questionOf([predict(empty, { tokens: 2 ** 22 })])).toEqual({ about: "exponent" })
  })
})
