import { describe, expect, it } from "vitest"
import { MupError, type Parametrisation, plan, type Shape, type TensorShape } from "./index.ts"

const shape: Shape = { width: 128, depth: 2, headSize: 32, baseWidth: 64, baseDepth: 2, baseHeadSize: 32 }
const hidden: TensorShape = { name: "w", role: "hidden", fanIn: 128, fanOut: 128, baseFanIn: 64, baseFanOut: 64 }

const failure = (p: object, s: object, ...t: object[]): MupError => {
  try {
    plan(p as Parametrisation, { ...shape, ...s }, t as TensorShape[])
  } catch (error) {
    if (error instanceof MupError) return error
    throw error
  }
  throw new Error("nothing was refused")
}

describe("plan refuses, naming field and value", () => {
  it.each([
    ["an unknown kind", { kind: "ntk" }, {}, {}, "parametrisation.kind", "ntk"],
    ["a base width of its own", { kind: "mup", baseWidth: 32 }, {}, {}, "parametrisation.baseWidth", 32],
    ["a base depth of its own", { kind: "mup", baseDepth: 3 }, {}, {}, "parametrisation.baseDepth", 3],
    ["alpha under muP", { kind: "mup", alpha: 1 }, {}, {}, "parametrisation.alpha", 1],
    ["alpha below 1/2", { kind: "completep", alpha: 0.4 }, {}, {}, "parametrisation.alpha", 0.4],
    ["alpha that is no number", { kind: "completep", alpha: Number.NaN }, {}, {}, "parametrisation.alpha", Number.NaN],
    ["a zero multiplier", { kind: "mup", alphaOutput: 0 }, {}, {}, "parametrisation.alphaOutput", 0],
    ["fixed init under muP", { kind: "mup", standardInit: "fixed" }, {}, {}, "parametrisation.standardInit", "fixed"],
    ["a text for a flag", { kind: "mup", decayVectors: "no" }, {}, {}, "parametrisation.decayVectors", "no"],
    ["width 0", { kind: "mup" }, { width: 0 }, {}, "shape.width", 0],
    ["half a layer", { kind: "mup" }, { depth: 1.5 }, {}, "shape.depth", 1.5],
    ["no head size", { kind: "mup" }, { headSize: undefined }, {}, "shape.headSize", undefined],
    ["an unknown role", { kind: "mup" }, {}, { role: "gain" }, 'tensors[0] ("w").role', "gain"],
    ["a negative fan", { kind: "mup" }, {}, { fanIn: -1 }, 'tensors[0] ("w").fanIn', -1],
    ["a negative std", { kind: "mup" }, {}, { baseStd: -0.02 }, 'tensors[0] ("w").baseStd', -0.02],
    ["std and constant", { kind: "mup" }, {}, { baseStd: 1, constant: 1 }, 'tensors[0] ("w").baseStd', 1],
    ["a vector without init", { kind: "mup" }, {}, { role: "vector" }, 'tensors[0] ("w").constant', undefined],
    ["an input that sums over width", { kind: "mup" }, {}, { role: "input" }, 'tensors[0] ("w").fanIn', 128],
    ["an output as wide as width", { kind: "mup" }, {}, { role: "output" }, 'tensors[0] ("w").fanOut', 128],
    ["a tensor without name", { kind: "mup" }, {}, { name: "" }, "tensors[0].name", ""],
  ])("%s", (_, parametrisation, shapeChange, tensorChange, field, value) => {
    const error = failure(parametrisation, shapeChange, { ...hidden, ...tensorChange })
    expect(error.field).toBe(field)
    expect(error.value).toBe(value)
    expect(error.message).toContain(field)
    expect(error.message).toContain(error.remedy)
  })

  it("two tensors of one name", () => {
    expect(failure({ kind: "mup" }, {}, hidden, hidden).field).toBe("tensors[1].name")
  })

  it("accepts a base that agrees with the shape's", () => {
    expect(plan({ kind: "mup", baseWidth: 64, baseDepth: 2 }, shape, [hidden]).tensors).toHaveLength(1)
  })
})
