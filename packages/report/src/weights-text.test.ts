import { describe, expect, it } from "vitest"
import { weightsText } from "./weights-text.ts"

describe("weightsText", () => {
  it.each([
    ["none", "raw weights"],
    ["ewa:0.99", "averaged weights (ewa:0.99)"],
    ["decayed:0.2:1-sqrt", "raw weights, rate decayed to zero over the last 20 % (1-sqrt)"],
    ["branch:65536", "raw weights, after a branch at 65,536 tokens"],
    ["ramp:1a2b3c4d+ewa:0.9", "batch ramp 1a2b3c4d, averaged weights (ewa:0.9)"],
    [
      "ramp:1a2b3c4d+decayed:0.125:linear",
      "raw weights, batch ramp 1a2b3c4d, rate decayed to zero over the last 12.5 % (linear)",
    ],
    ["polyak", "averaged weights (polyak)"],
  ])("%s", (average, words) => expect(weightsText(average)).toBe(words))
})
