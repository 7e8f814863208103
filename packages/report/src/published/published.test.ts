import { fitLaw, isEstimate, predict, publishedLaws } from "@ts/fit"
import { describe, expect, it } from "vitest"
import { bellStudy, quickstart, sizesStudy } from "../../test/studies.ts"
import { publishedFor } from "./advice.ts"
import { publishedFinding } from "./finding.ts"
import { knownOf } from "./known.ts"
import { meaningOf } from "./meaning.ts"
import { onlyReference, saysText } from "./says.ts"

const { law } = quickstart()
const bell = bellStudy().law
const run = { tokens: 2 ** 34, batch: 2 ** 20 }
const flat = (texts: ReadonlyArray<string>) => texts.join(" ")

describe("what is known of a run", () => {
  it("takes the nearest measured cell as the reference, and the measured peak at the nearest horizon", () => {
    const { reference, peak, coefficients } = knownOf(bell, predict(bell, { tokens: 2 ** 26, batch: 2 ** 10 }))
    const cell = bell.cells.find((c) => c.batch === 2 ** 10 && c.tokens === 2 ** 24)
    expect(reference?.eta).toBe(cell?.eta._tag === "Estimate" ? cell.eta.value : undefined)
    expect(reference).toMatchObject({ batch: 2 ** 10, tokens: 2 ** 24, width: 64, size: 98_304 })
    expect(peak?.tokens).toBe(2 ** 24)
    expect(Math.log2(peak?.batch ?? 0)).toBeCloseTo(8.5 + 0.6 * 4, 1)
    const { exponent } = bell.powerLaws.peakEta
    expect(coefficients?.peakEtaExponent).toBe(isEstimate(exponent) ? exponent.value : undefined)
  })

  it("gives no peak where none is identified, nor that of another size", () => {
    expect(knownOf(law, predict(law, run)).peak).toEqual({})
    const sizes = sizesStudy().law
    const asked = { ...predict(sizes, { ...run, size: 16e6 }), size: 16e6 }
    expect(knownOf(sizes, asked).peak).toEqual({})
    expect(knownOf(sizes, asked).reference?.size).toBe(16e6)
  })

  it("lets what is given go first", () => {
    const { size, reference } = knownOf(law, predict(law, run), { size: 1e9, reference: { weightDecay: 0.1 } })
    expect(size).toBe(1e9)
    expect(reference).toMatchObject({ weightDecay: 0.1, batch: 2 ** 12 })
  })
})

describe("published laws about a run", () => {
  const block = publishedFor(law, predict(law, run), { size: 3e8 })
  const text = (id: string) => {
    const advice = block.said.find((a) => a.law.id === id)
    return advice === undefined ? undefined : saysText(advice)
  }

  it("say what their formulas give", () => {
    // B* = 2^18 (2^34/2^30)^(2/5); 0.58 D^0.571 and 1.79 N^-0.713 D^0.307 with D = 2^34, N = 3e8.
    expect(text("time-transfer-batch")).toBe("B = 2^19.6")
    const batch = Math.log2(0.58) + 0.571 * 34
    const eta = 1.79 * 3e8 ** -0.713 * 2 ** (34 * 0.307)
    expect(text("step-law")).toBe(`eta = ${eta.toExponential(1)}, B = 2^${batch.toFixed(1)}`)
  })

  it("are all accounted for, each with a few words of its own", () => {
    expect(block.said.length + block.silent.length).toBe(publishedLaws.length)
    for (const one of publishedLaws) {
      const meaning = meaningOf({ law: one, missing: [], outside: [] })
      expect(meaning).not.toContain(one.definition)
      expect(meaning).toMatch(/^.{10,60} \(\S+ 20\d\d\)$/)
    }
  })

  it("are short for a terminal: those found near the run, and what the rest need in one sentence", () => {
    const finding = publishedFinding(law, predict(law, run), { size: 3e8 })
    const names = finding.table?.rows.map(([name]) => name?.text) ?? []
    expect(names).toContain("Step Law")
    expect(names).toContain("Time transfer, best batch")
    expect(flat(finding.notes)).toMatch(/\d+ more laws need what is not known here: .*reference\.weightDecay \(3\)/)
    // A hundred thousand parameters and four million tokens: no published law was found there.
    const tiny = publishedFinding(law, predict(law, { tokens: 2 ** 22, batch: 2 ** 10 }))
    expect(tiny.text).toMatch(
      /^no published law was found near T = 2\^22, N = 9\.83e4, width 64, B = 2\^10; \d were found for runs more than 16 times larger or smaller$/,
    )
    expect(tiny.table).toBeUndefined()
  })

  it("leave out what only gives the reference back", () => {
    const same = publishedFor(law, predict(law, { tokens: 2 ** 22, batch: 2 ** 10 }))
    const rule = same.said.find((a) => a.law.id === "square-root-rule")
    if (rule === undefined) throw new Error("it needs the reference alone")
    expect(onlyReference(rule, same.input)).toBe(true)
    const other = publishedFor(law, predict(law, { tokens: 2 ** 22, batch: 2 ** 13 }))
    const moved = other.said.find((a) => a.law.id === "square-root-rule")
    if (moved === undefined) throw new Error("it needs the reference alone")
    expect(onlyReference(moved, other.input)).toBe(false)
  })

  it("can be asked about nothing at all", () => {
    const none = fitLaw([])
    const finding = publishedFinding(none, predict(none, { tokens: 2 ** 30 }))
    expect([finding.text, ...finding.notes].join(" ")).not.toMatch(/NaN|undefined|Infinity/)
  })

  it("refuse what is no number of anything", () => {
    expect(() => publishedFor(law, predict(law, run), { noiseScale: -1 })).toThrow("noiseScale is -1")
  })
})
