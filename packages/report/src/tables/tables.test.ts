import { fitLaw, isEstimate, notIdentified } from "@ts/fit"
import { describe, expect, it } from "vitest"
import { bellStudy, quickstart } from "../../test/studies.ts"
import { ownCells } from "../law-view.ts"
import { csvOf } from "./csv.ts"
import { Footnotes } from "./footnotes.ts"
import { tables } from "./tables.ts"

const { law } = quickstart()
const all = [law, bellStudy().law, fitLaw([])]

describe("tables", () => {
  it("are rectangular", () => {
    for (const one of all)
      for (const table of Object.values(tables(one)))
        for (const row of table.rows) expect(row).toHaveLength(table.columns.length)
  })

  it("hold the law's own numbers", () => {
    const values = tables(law).eta.rows.flatMap((row) => row.flatMap((cell) => cell.value ?? []))
    const wanted = ownCells(law).flatMap((cell) => (isEstimate(cell.eta) ? [cell.eta.value] : []))
    expect([...values].sort()).toEqual([...wanted].sort())
  })

  it("hold the whole reason and no value where nothing is identified", () => {
    for (const one of all)
      for (const table of Object.values(tables(one)))
        for (const cell of table.rows.flat()) if (cell.note !== undefined) expect(cell.value).toBeUndefined()
    const notes = tables(law).eta.rows.flatMap((row) => row.flatMap((cell) => cell.note ?? []))
    const reasons = ownCells(law).flatMap((cell) => (isEstimate(cell.eta) ? [] : [cell.eta.message]))
    expect([...notes].sort()).toEqual([...reasons].sort())
  })

  it("count every point of every profile", () => {
    const points = ownCells(law).reduce((sum, cell) => sum + cell.points.length, 0)
    expect(tables(law).profiles.rows).toHaveLength(points)
  })
})

describe("Footnotes", () => {
  it("numbers reasons and shortens many of the same", () => {
    const notes = new Footnotes()
    const cell = (i: number) => ({ text: "few steps", note: `Only ${i} steps.`, reason: "not-measured" as const })
    for (let i = 0; i < 5; i++) expect(notes.number(cell(i))).toBe(1)
    expect(notes.number({ text: "≥ -5.0", note: "Add larger rates.", reason: "edge-high" })).toBe(2)
    expect(notes.number({ text: "-8.8(1)", value: 0.002 })).toBeUndefined()
    expect(notes.messages()).toEqual(["Only 0 steps. So in 4 more cells.", "Add larger rates."])
  })
})

describe("csvOf", () => {
  const lines = csvOf(law).trimEnd().split("\n")
  const head = lines[0].split(",")

  it("has one line per cell of every width, at full precision", () => {
    expect(lines).toHaveLength(1 + law.cells.length)
    law.cells.forEach((cell, i) => {
      const fields = lines[i + 1].split(",")
      expect(fields).toHaveLength(head.length)
      const eta = fields[head.indexOf("eta_star")]
      const reason = fields[head.indexOf("eta_star_reason")]
      expect(eta).toBe(isEstimate(cell.eta) ? String(cell.eta.value) : "")
      expect(reason).toBe(isEstimate(cell.eta) ? "" : cell.eta.reason)
    })
  })

  it("quotes what needs it and leaves open ends empty", () => {
    const why = notIdentified("no-data", "m", 0)
    const odd = { ...law.cells[0], average: 'ewa:"0,9"', eta: why, loss: why }
    expect(csvOf({ ...law, cells: [odd] })).toContain('"ewa:""0,9"""')
    expect(csvOf(law)).not.toMatch(/NaN|Infinity|undefined/)
  })
})
