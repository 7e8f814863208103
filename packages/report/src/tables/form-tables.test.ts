import { fitLaw, type Law } from "@ts/fit"
import { describe, expect, it } from "vitest"
import { bellStudy, edgeStudy, oneHorizonStudy, quickstart } from "../../test/studies.ts"
import { formStanding, formTable, heldOutText } from "./form-tables.ts"

const { law } = quickstart()
const column = (of: Law, name: string) => {
  const table = formTable(of)
  return table.rows.map((row) => row[table.columns.indexOf(name)])
}

describe("the table of forms", () => {
  it.each(["surprise", "AIC", "BIC"])("counts %s from the lowest, so that differences are the law's own", (name) => {
    const raw = law.forms.scores.map((s) => (name === "AIC" ? s.aic : name === "BIC" ? s.bic : s.heldOut?.surprise))
    const shown = column(law, name).map((cell) => cell?.value ?? Number.NaN)
    expect(Math.min(...shown)).toBe(0)
    shown.forEach((value, i) => {
      expect(value - (shown[0] ?? 0)).toBeCloseTo((raw[i] ?? 0) - (raw[0] ?? 0), 9)
    })
  })

  it("names the one supported form, or the possible ones", () => {
    expect(column(bellStudy().law, "verdict").map((cell) => cell?.text)).toEqual([
      "supported",
      ...new Array(4).fill("ruled out"),
    ])
    if (!("undecided" in law.forms.verdict)) throw new Error("the study leaves the form open")
    for (const { form } of law.forms.scores)
      expect(formStanding(law, form) === "possible").toBe(law.forms.verdict.undecided.includes(form))
  })

  it("says over what the held-out error is, and leaves it out where nothing was held out", () => {
    expect(heldOutText(law)).toBe("7 optima at T = 2^19, predicted from the shorter horizons")
    const one = oneHorizonStudy().law
    expect(heldOutText(one)).toBeUndefined()
    for (const cell of column(one, "held-out error")) expect(cell?.value).toBeUndefined()
    expect(formTable(one).note).toContain("Too few horizons")
  })

  it("gives no digits of an error that is no prediction", () => {
    for (const cell of column(edgeStudy().law, "held-out error")) expect(cell?.text ?? "").not.toMatch(/\d{3}/)
  })

  it("is empty without rows", () => {
    expect(formTable(fitLaw([])).rows).toEqual([])
  })
})
