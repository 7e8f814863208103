import { fitLaw, type Law, predict, type Row } from "@ts/fit"
import { parseHTML } from "linkedom"
import { describe, expect, it } from "vitest"
import { bellStudy, oneHorizonStudy, quickstart, sizesStudy } from "../../test/studies.ts"
import { cellText, log2 } from "../format/result.ts"
import { ownCells } from "../law-view.ts"
import { publishedFor } from "../published/advice.ts"
import { rich } from "./escape.ts"
import { htmlReport } from "./html-report.ts"

const study = quickstart()
const bell = bellStudy()
const page = htmlReport(study.law, study.rows, {
  title: "quickstart",
  predictions: [predict(study.law, { tokens: 2 ** 22 })],
})
const documentOf = (html: string) => parseHTML(html).document

const degenerate = (): ReadonlyArray<readonly [string, Law, ReadonlyArray<Row>]> => {
  const oneCell = study.rows.filter((row) => row.batch === 64 && row.tokens === 2 ** 15 && row.width === 64)
  const diverged = study.rows.map((row) => ({ ...row, loss: Number.NaN, status: "diverged" as const }))
  const edge = study.rows.map((row) => ({ ...row, loss: 3 - Math.log2(row.eta) / 100, status: "finished" as const }))
  const odd = study.rows.map((row) => ({ ...row, batch: row.batch * 1.7, tokens: row.tokens * 1.3 }))
  return [
    ["no rows", fitLaw([]), []],
    ["one row", fitLaw(oneCell.slice(0, 1)), oneCell.slice(0, 1)],
    ["one cell", fitLaw(oneCell), oneCell],
    ["all diverged", fitLaw(diverged), diverged],
    ["all at the edge", fitLaw(edge), edge],
    ["no powers of two", fitLaw(odd, { resamples: 20 }), odd],
    ["one horizon", oneHorizonStudy().law, oneHorizonStudy().rows],
    ["sizes", sizesStudy().law, sizesStudy().rows],
  ]
}

describe("htmlReport", () => {
  it("prints every identified eta* as the law has it", () => {
    const table = documentOf(page).querySelector("#table-eta")
    const text = table?.textContent.replaceAll("−", "-").replaceAll("\u00a0", " ") ?? ""
    for (const cell of ownCells(study.law)) expect(text).toContain(cellText(cell.eta, log2))
  })

  it("puts a table behind every figure, and a text alternative on it", () => {
    for (const { law, rows } of [study, bell]) {
      const document = documentOf(htmlReport(law, rows))
      const figures = [...document.querySelectorAll("section > figure")]
      expect(figures).toHaveLength(9)
      for (const figure of figures) {
        const section = figure.parentElement
        expect(section?.querySelectorAll("details table").length).toBeGreaterThan(0)
        expect(figure.querySelector("figcaption")?.textContent.length).toBeGreaterThan(40)
        const drawn = [...figure.querySelectorAll(".panels > svg")]
        expect(drawn.length > 0 || figure.querySelector(".empty") !== null).toBe(true)
        for (const svg of drawn) {
          expect(svg.getAttribute("role")).toBe("img")
          expect(svg.getAttribute("aria-label")?.length).toBeGreaterThan(20)
        }
      }
    }
  })

  it("draws all figures of a study that has them all", () => {
    expect(documentOf(page).querySelectorAll(".empty")).toHaveLength(0)
    // One width only: nothing to compare.
    expect(documentOf(htmlReport(bell.law, bell.rows)).querySelectorAll(".empty")).toHaveLength(1)
  })

  it("marks an optimum for every identified cell, and a cross for every diverged point", () => {
    const svg = documentOf(page).querySelector("#profiles .panels svg")
    const rings = svg?.querySelectorAll('g[stroke="var(--accent)"] circle').length
    const own = ownCells(study.law)
    expect(rings).toBe(own.filter((cell) => cell.eta._tag === "Estimate").length)
    const crosses = svg?.querySelectorAll('g[stroke="var(--alarm)"] path').length
    expect(crosses).toBe(own.flatMap((cell) => cell.points).filter((p) => p.use === "diverged").length)
  })

  it("needs nothing from elsewhere and stays small", () => {
    expect(page).not.toMatch(/https?:\/\/(?!www\.w3\.org\/)/)
    expect(page).not.toMatch(/<script|<link|<img|<iframe|@import|url\((?!#)/i)
    expect(page.length).toBeLessThan(600_000)
    const document = documentOf(page)
    for (const a of document.querySelectorAll("a")) {
      const id = a.getAttribute("href") ?? ""
      expect(id).toMatch(/^#/)
      expect(document.getElementById(id.slice(1))).not.toBeNull()
    }
    const ids = [...document.querySelectorAll("[id]")].map((e) => e.id)
    expect(new Set(ids).size).toBe(ids.length)
  })

  it("escapes what users write", () => {
    const evil = `</style><script>alert("x")</script>'&`
    const html = htmlReport(
      fitLaw(
        study.rows.map((row) => ({ ...row, average: evil, provenance: { backend: evil, source: evil } })),
        { resamples: 0, conditions: { [evil]: evil } },
      ),
      study.rows.map((row) => ({ ...row, provenance: { backend: evil, source: evil } })),
      { title: evil, conditions: { more: evil }, made: evil },
    )
    expect(html).not.toContain("<script")
    expect(documentOf(html).querySelector("h1")?.textContent).toBe(evil)
    expect(documentOf(html).querySelectorAll("script")).toHaveLength(0)
  })

  it("flags synthetic losses at the top", () => {
    const banner = documentOf(htmlReport(bell.law, bell.rows)).querySelector(".synthetic")
    expect(banner?.textContent).toContain("All losses here were drawn from a declared law")
    expect(documentOf(page).querySelector(".synthetic")).toBeNull()
    const mixed = htmlReport(study.law, [...study.rows, ...bell.rows])
    expect(documentOf(mixed).querySelector(".synthetic")?.textContent).toContain("Some of the losses")
  })

  it("says which regimes and laws were found", () => {
    const text = documentOf(page).querySelector("#findings")?.textContent ?? ""
    expect(text).toContain("falls at 26")
    expect(text).toContain("grows like T0.3")
    expect(text).toContain("not identified: eta* shows no fall")
  })

  it("has the form of eta*(B) with its table, and all forms in its figure", () => {
    const document = documentOf(page)
    const table = document.querySelector("#findings #table-finding-form")
    expect(table?.querySelectorAll("tbody tr")).toHaveLength(study.law.forms.scores.length)
    // The curves of those left open, held-out errors, and BIC.
    expect(document.querySelectorAll("#forms .panels > svg")).toHaveLength(3)
    expect(document.querySelectorAll("#forms .legend li")).toHaveLength(5)
    const named = documentOf(htmlReport(bell.law, bell.rows))
    expect(named.querySelectorAll("#forms .panels > svg")).toHaveLength(2)
  })

  it("draws a law over all horizons, dashed beyond what was measured, also without an identified peak", () => {
    expect(study.law.bells.some((b) => b.peakBatch._tag === "Estimate")).toBe(false)
    const svg = documentOf(page).querySelector("#bells .panels svg")
    const horizons = study.law.bells.length
    expect(svg?.querySelectorAll('g[aria-label="area"] path')).toHaveLength(horizons)
    expect(svg?.querySelectorAll("g[stroke-dasharray] path").length).toBeGreaterThanOrEqual(horizons)
  })

  it("has every published law that can be asked, in full, and what the others lack", () => {
    const prediction = predict(study.law, { tokens: 2 ** 34, batch: 2 ** 20 })
    const html = htmlReport(study.law, study.rows, { predictions: [prediction], published: { size: 3e8 } })
    const section = documentOf(html).querySelector("#published")
    const { said, silent } = publishedFor(study.law, prediction, { size: 3e8 })
    expect(section?.querySelectorAll("dt")).toHaveLength(said.length)
    expect(section?.querySelectorAll("tbody tr")).toHaveLength(silent.length)
    const text = section?.textContent ?? ""
    for (const { law } of said) expect(text).toContain(law.citation.title)
    const without = htmlReport(study.law, study.rows, { predictions: [prediction], published: false })
    expect(documentOf(without).querySelector("#published")).toBeNull()
  })

  it("has the runs worth training next where it was asked for them", () => {
    const html = htmlReport(study.law, study.rows, { questions: [{ about: "exponent" }] })
    expect(documentOf(html).querySelectorAll("#next-runs tbody tr").length).toBeGreaterThan(0)
    expect(documentOf(page).querySelector("#next-runs")).toBeNull()
  })

  it("is the same text each time", () => {
    expect(htmlReport(bell.law, bell.rows)).toBe(htmlReport(bell.law, bell.rows))
  })

  it.each(degenerate())("renders a law with %s", (_, law, rows) => {
    const predictions = [predict(law, { tokens: 2 ** 22 }), predict(law, { tokens: 2 ** 22, batch: 512 })]
    const html = htmlReport(law, rows, { predictions, questions: [{ about: "exponent" }] })
    expect(html).not.toMatch(/NaN|undefined|Infinity|\[object/)
    expect(documentOf(html).querySelectorAll("section > figure")).toHaveLength(9)
  })
})

describe("rich", () => {
  it("raises exponents of two and of T, after escaping", () => {
    expect(rich("2^-8.8(1) < T^0.5")).toBe("2<sup>−8.8(1)</sup> &lt; <i>T</i><sup>0.5</sup>")
    expect(rich("x12^3 -4")).toBe("x12^3 −4")
  })
})
