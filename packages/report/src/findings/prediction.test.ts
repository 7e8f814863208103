import { isEstimate, predict } from "@ts/fit"
import { describe, expect, it } from "vitest"
import { bellStudy, edgeStudy, quickstart, sizesStudy } from "../../test/studies.ts"
import { predictionFinding } from "./prediction.ts"

const { law } = quickstart()
const target = { tokens: 2 ** 22, batch: 2 ** 10 }

describe("a prediction in words", () => {
  it("says what the other possible forms would, with the law's own numbers", () => {
    const p = predict(law, target)
    const [other] = p.alternatives
    if (other === undefined || !isEstimate(other.eta)) throw new Error("the study leaves a form open")
    const note = predictionFinding(p, 0).notes.find((text) => text.startsWith("Possible too"))
    expect(note).toContain("a square root of the saturating form has eta = 2^")
    expect(note).toContain(other.eta.value.toExponential(2))
  })

  it("says nothing of other forms where they are ruled out, or where eta is open anyway", () => {
    const bell = bellStudy().law
    const open = edgeStudy().law
    for (const p of [predict(bell, target), predict(open, target)])
      expect(predictionFinding(p, 0).notes.join(" ")).not.toContain("Possible too")
  })

  it("names width and size that were asked for, and how far they reach", () => {
    const asked = { ...predict(law, { ...target, width: 256, size: 1e8 }), width: 256, size: 1e8 }
    const { text, notes, title } = predictionFinding(asked, 0)
    expect(title).toBe("T = 2^22, width 256, N = 1e8")
    // Widths 64 and 128 were measured, and 98304 and 393216 parameters.
    expect(text).toContain(`extrapolates 8x in T, 2x in width, ${Number((1e8 / 393_216).toPrecision(3))}x in size`)
    expect(notes.join(" ")).toContain("The law was fitted at one size")
  })

  it("gives the loss, where its law is identified", () => {
    const p = predict(law, target)
    if (!isEstimate(p.loss)) throw new Error("the study has a law of the loss")
    expect(predictionFinding(p, 0).text).toContain(`loss ${p.loss.value.toFixed(3)}(`)
    expect(predictionFinding(predict(edgeStudy().law, target), 0).text).not.toContain("loss")
  })

  it("gives no number for a loss that nothing bounds", () => {
    const { lossSurface } = law
    if (lossSurface._tag !== "LossSurface") throw new Error("the study has a law of the loss")
    const vague = { ...lossSurface, covariance: lossSurface.covariance.map((c) => 1e12 * c) }
    const { text } = predictionFinding(predict({ ...law, lossSurface: vague }, target), 0)
    expect(text).toContain("loss not identified, expected regret ")
  })

  it("moves with the size where the law was fitted over sizes", () => {
    const { law: sizes } = sizesStudy()
    const eta = (size: number) => {
      const p = predict(sizes, { ...target, size })
      return isEstimate(p.eta) ? Math.log2(p.eta.value) : Number.NaN
    }
    // The truth falls like N^-0.3.
    expect(eta(16e6) - eta(1e6)).toBeCloseTo(-0.3 * 4, 1)
  })
})
