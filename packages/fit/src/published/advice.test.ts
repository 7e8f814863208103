import { describe, expect, it } from "vitest"
import { InvalidOptionError } from "../validate.ts"
import { publishedAdvice, publishedLaws } from "./advice.ts"
import type { PublishedInput } from "./input.ts"
import { stepLaw } from "./step-law.ts"

const everything = {
  tokens: 2 ** 34,
  size: 3e8,
  width: 1024,
  batch: 2 ** 20,
  eta: 1e-3,
  noiseScale: 2 ** 21,
  recoveryBatch: 2 ** 22,
  reference: { eta: 2e-3, batch: 2 ** 18, tokens: 2 ** 30, size: 1e8, width: 256, weightDecay: 0.1 },
  peak: { eta: 2e-3, batch: 2 ** 20, tokens: 2 ** 30 },
  coefficients: { stableRate: 1e-3, scheduleBatchFactor: 512, timescale: 1, bestBatch: 50, peakEtaExponent: 0 },
} satisfies PublishedInput

/** The input without one field, named as in `needs`. */
const without = (need: string): PublishedInput => {
  const [head = "", member] = need.split(".")
  const copy: Record<string, unknown> = { ...everything }
  if (member === undefined) delete copy[head]
  else copy[head] = { ...(copy[head] as object), [member]: undefined }
  return copy
}

describe("publishedAdvice", () => {
  it("asks every law once, each with a name, a definition and a source of its own", () => {
    const ids = publishedLaws.map((law) => law.id)
    expect(new Set(ids).size).toBe(ids.length)
    for (const { law } of publishedAdvice({})) {
      expect(law.citation.url).toMatch(/^https:\/\//)
      if (law.citation.arxiv !== undefined) expect(law.citation.url).toContain(law.citation.arxiv)
      expect(law.definition).toMatch(/\.$/)
    }
  })

  it("says what each law lacks, and no number, where nothing is given", () => {
    for (const { law, missing, outside, ...values } of publishedAdvice({})) {
      expect(missing).toEqual(law.needs)
      expect(outside).toEqual([])
      expect(values).toEqual({})
    }
  })

  it("has every law speak when everything is given, in finite positive numbers", () => {
    for (const { law, missing, outside, ranges, ...values } of publishedAdvice(everything)) {
      expect(missing, law.id).toEqual([])
      const numbers = Object.values(values)
      expect(numbers.length, law.id).toBeGreaterThan(0)
      for (const value of numbers) expect(value > 0 && Number.isFinite(value), law.id).toBe(true)
      for (const [low, high] of Object.values(ranges ?? {})) expect(low <= high, law.id).toBe(true)
    }
  })

  it.each(publishedLaws.flatMap((law) => law.needs.map((need) => [law.id, need] as const)))(
    "%s misses exactly %s when that is left out",
    (id, need) => {
      const input = without(need)
      const found = publishedAdvice(input).find((advice) => advice.law.id === id)
      expect(found?.missing).toEqual([need])
      expect(() => found?.law.evaluate(input as never)).toThrow(`"${id}" needs it`)
    },
  )

  it("keeps a constant's value within its published band", () => {
    for (const law of publishedLaws)
      for (const { value, band } of Object.values(law.constants))
        if (band !== undefined) expect(band.low <= value && value <= band.high, law.id).toBe(true)
  })

  it("says where a question leaves the measured range", () => {
    const [advice] = publishedAdvice({ tokens: 1e12, size: 5e8 }).filter(({ law }) => law.id === "step-law")
    expect(advice?.outside).toEqual(["tokens 1e12 lies outside the measured 4e9 to 1e11."])
    expect(advice?.eta).toBe(stepLaw.evaluate({ tokens: 1e12, size: 5e8 }).eta)
  })

  it.each([
    [{ tokens: 0 }, "tokens is 0"],
    [{ reference: { batch: -1 } }, "reference.batch is -1"],
    [{ peak: { eta: Number.POSITIVE_INFINITY } }, "peak.eta is Infinity"],
    [{ coefficients: { peakEtaExponent: Number.NaN } }, "coefficients.peakEtaExponent is NaN"],
    [{ size: "1B" as unknown as number }, "size is 1B"],
    [{ reference: 3 as unknown as object }, "reference is 3"],
  ])("refuses %j", (input, message) => {
    expect(() => publishedAdvice(input)).toThrow(InvalidOptionError)
    expect(() => publishedAdvice(input)).toThrow(message)
  })

  it("lets an exponent be negative", () => {
    expect(() => publishedAdvice({ coefficients: { peakEtaExponent: -0.2 } })).not.toThrow()
  })
})
