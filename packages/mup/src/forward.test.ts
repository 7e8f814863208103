import { describe, expect, it } from "vitest"
import { heldFixed, plan, type Shape } from "./index.ts"

const base: Shape = { width: 256, depth: 4, headSize: 64, baseWidth: 256, baseDepth: 4, baseHeadSize: 64 }
const scale = (kind: "standard" | "mup" | "completep", shape: Shape) => plan({ kind }, shape, []).attentionScale

describe("attention scale", () => {
  it("is the standard one at any width that adds heads of the base size", () => {
    expect(scale("mup", { ...base, width: 1024 })).toBe(1 / 8)
    expect(heldFixed({ ...base, width: 1024 })).toBe("head-size")
  })

  it("is sqrt(base head size) / head size where heads grow: 1/d, not 1/sqrt(d)", () => {
    const grown = { ...base, width: 1024, headSize: 256 }
    expect(scale("mup", grown)).toBe(8 / 256)
    expect(scale("completep", grown)).toBe(8 / 256)
    expect(scale("standard", grown)).toBe(1 / 16)
    expect(heldFixed(grown)).toBe("number-of-heads")
  })

  it("is 8/d for base heads of 64, the mup package's example, for small and odd heads too", () => {
    for (const headSize of [1, 7, 16, 80, 128])
      expect(scale("mup", { ...base, headSize })).toBeCloseTo(8 / headSize, 14)
  })

  it("tells the base shape and mixtures apart", () => {
    expect(heldFixed(base)).toBe("both")
    expect(heldFixed({ ...base, width: 1024, headSize: 128 })).toBe("neither")
  })
})
