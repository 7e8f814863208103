import { describe, expect, it } from "vitest"
import { MupError, plan, planFromDocument, type Shape } from "./index.ts"

const tensors = [
  { name: "wte.weight", shape: [50257, 1024], layout: "in-out", role: "input" },
  { name: "up.weight", shape: [4096, 1024], role: "hidden", block: true },
  { name: "down.weight", shape: [1024, 4096], role: "hidden", block: true, residual: true, baseShape: [256, 1024] },
  { name: "norm.weight", shape: [1024], role: "vector", constant: 1 },
  { name: "head.weight", shape: [50257, 1024], role: "output", baseStd: 0.02 },
  { name: "head.bias", shape: [50257], baseShape: [50257], role: "vector", constant: 0 },
]
const document = {
  version: 1,
  shape: { width: 1024, depth: 24, headSize: 64, baseWidth: 256 },
  parametrisation: { kind: "completep" },
  tensors,
}

describe("planFromDocument", () => {
  it("reads shapes as fans, and derives base shapes from roles", () => {
    const shape: Shape = { ...document.shape, baseDepth: 24, baseHeadSize: 64 }
    expect(planFromDocument(document)).toEqual(
      plan({ kind: "completep" }, shape, [
        { name: "wte.weight", role: "input", fanIn: 50257, fanOut: 1024, baseFanIn: 50257, baseFanOut: 256 },
        {
          ...{ name: "up.weight", role: "hidden", fanIn: 1024, fanOut: 4096, baseFanIn: 256, baseFanOut: 1024 },
          block: true,
        },
        {
          ...{ name: "down.weight", role: "hidden", fanIn: 4096, fanOut: 1024, baseFanIn: 1024, baseFanOut: 256 },
          ...{ block: true, residual: true },
        },
        { name: "norm.weight", role: "vector", fanIn: 1, fanOut: 1024, baseFanIn: 1, baseFanOut: 256, constant: 1 },
        {
          ...{ name: "head.weight", role: "output", fanIn: 1024, fanOut: 50257, baseFanIn: 256, baseFanOut: 50257 },
          baseStd: 0.02,
        },
        {
          ...{ name: "head.bias", role: "vector", fanIn: 1, fanOut: 50257, baseFanIn: 1, baseFanOut: 50257 },
          constant: 0,
        },
      ]),
    )
  })

  it("is muP unless it says otherwise, and lets the command line win", () => {
    const { parametrisation: _, ...bare } = document
    expect(planFromDocument(bare).kind).toBe("mup")
    const overridden = planFromDocument(document, { shape: { baseWidth: 512 }, parametrisation: { kind: "standard" } })
    expect(overridden.kind).toBe("standard")
    expect(overridden.shape.baseWidth).toBe(512)
  })

  it("counts kernel dimensions as fan-in", () => {
    const conv = { name: "conv", shape: [1024, 1024, 3, 3], baseShape: [256, 256, 3, 3], role: "hidden" }
    const [t] = planFromDocument({ ...document, tensors: [conv] }).tensors
    expect(t!.initStd).toBeCloseTo(1 / Math.sqrt(1024 * 9), 15)
  })

  const up = tensors[1]!
  it.each<[string, unknown, string]>([
    ["a list", [], "document"],
    ["null", null, "document"],
    ["a newer version", { ...document, version: 2 }, "document.version"],
    ["an unknown field", { ...document, widht: 3 }, "document.widht"],
    ["no shape", { version: 1, tensors }, "document.shape.depth"],
    ["no base width", { ...document, shape: { width: 8, depth: 1, headSize: 8 } }, "document.shape.baseWidth"],
    ["an unknown shape field", { ...document, shape: { ...document.shape, heads: 8 } }, "document.shape.heads"],
    ["an unknown option", { ...document, parametrisation: { kin: "mup" } }, "document.parametrisation.kin"],
    ["an unknown kind", { ...document, parametrisation: { kind: "ntk" } }, "parametrisation.kind"],
    ["no tensors", { ...document, tensors: [] }, "document.tensors"],
    ["a tensor that is a name", { ...document, tensors: ["w"] }, "document.tensors[0]"],
    ["no role", { ...document, tensors: [{ name: "w", shape: [8, 8] }] }, "document.tensors[0].role"],
    ["no tensor shape", { ...document, tensors: [{ name: "w", role: "hidden" }] }, "document.tensors[0].shape"],
    ["a vector of two dimensions", { ...document, tensors: [{ ...up, role: "vector" }] }, "document.tensors[0].shape"],
    ["a size of text", { ...document, tensors: [{ ...up, shape: ["1", 2] }] }, "document.tensors[0].shape[0]"],
    ["a flag of text", { ...document, tensors: [{ ...up, block: "yes" }] }, "document.tensors[0].block"],
    ["no name", { ...document, tensors: [{ shape: [1024, 1024], role: "hidden" }] }, "tensors[0].name"],
    [
      "an embedding the wrong way round",
      { ...document, tensors: [{ ...tensors[0], layout: "out-in" }] },
      "document.tensors[0].shape",
    ],
    [
      "a readout bias taken for width",
      { ...document, tensors: [{ ...tensors[5], baseShape: undefined }] },
      "document.tensors[0].shape",
    ],
  ])("refuses %s", (_, bad, field) => {
    try {
      planFromDocument(bad)
      expect.unreachable("was accepted")
    } catch (error) {
      expect(error).toBeInstanceOf(MupError)
      expect((error as MupError).field).toBe(field)
      expect((error as MupError).remedy).not.toBe("")
    }
  })
})
