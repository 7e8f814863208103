import { describe, expect, it } from "vitest"
import { type Optimizer, parameterGroups, plan, type Shape, toJson } from "./index.ts"

const shape: Shape = { width: 256, depth: 8, headSize: 64, baseWidth: 64, baseDepth: 2, baseHeadSize: 64 }
const d = { fanOut: 256, baseFanOut: 64 }
const made = plan({ kind: "completep" }, shape, [
  { name: "wte", role: "input", fanIn: 512, baseFanIn: 512, ...d },
  { name: "qkv", role: "hidden", fanIn: 256, baseFanIn: 64, fanOut: 768, baseFanOut: 192, block: true },
  { name: "bias", role: "vector", fanIn: 1, baseFanIn: 1, ...d, block: true, constant: 0 },
  { name: "proj", role: "hidden", fanIn: 256, baseFanIn: 64, ...d, block: true, residual: true },
  { name: "wpe", role: "input", fanIn: 128, baseFanIn: 128, ...d },
  { name: "normF", role: "vector", fanIn: 1, baseFanIn: 1, ...d, constant: 1 },
])

describe("parameterGroups", () => {
  it("puts tensors of equal multipliers together", () => {
    expect(parameterGroups(made, "adamw")).toEqual([
      { params: ["wte", "wpe", "normF"], lr_multiplier: 1, weight_decay_multiplier: 1, eps_multiplier: 1 / 4 },
      { params: ["qkv", "proj"], lr_multiplier: 1 / 4, weight_decay_multiplier: 4, eps_multiplier: 1 / 16 },
      { params: ["bias"], lr_multiplier: 1, weight_decay_multiplier: 1, eps_multiplier: 1 / 16 },
    ])
  })

  it("leaves independent decay alone", () => {
    for (const g of parameterGroups(made, "adamw", "independent")) expect(g.weight_decay_multiplier).toBe(1)
  })

  it("gives Signum the Adam-like rates without epsilon, so that fewer groups remain", () => {
    expect(parameterGroups(made, "signum")).toEqual([
      { params: ["wte", "bias", "wpe", "normF"], lr_multiplier: 1, weight_decay_multiplier: 1 },
      { params: ["qkv", "proj"], lr_multiplier: 1 / 4, weight_decay_multiplier: 4 },
    ])
  })

  it("gives SGD its own rates: r_out, and inside blocks r_out / r_in or r_out times the depth ratio of 4", () => {
    expect(parameterGroups(made, "sgd")).toEqual([
      { params: ["wte", "qkv", "proj", "wpe", "normF"], lr_multiplier: 4, weight_decay_multiplier: 1 / 4 },
      { params: ["bias"], lr_multiplier: 16, weight_decay_multiplier: 1 / 16 },
    ])
  })

  it("names every tensor once", () => {
    for (const optimizer of ["adamw", "sgd", "signum"] as const) {
      const names = parameterGroups(made, optimizer).flatMap((g) => g.params)
      expect(names.toSorted()).toEqual(made.tensors.map((t) => t.name).toSorted())
    }
  })

  it("refuses an optimiser or coupling it does not know", () => {
    expect(() => parameterGroups(made, "adam" as Optimizer)).toThrow(/optimizer .*"adam".*"adamw", "sgd", "signum"/)
    expect(() => parameterGroups(made, "sgd", "none" as "independent")).toThrow(/decay .*"none"/)
  })
})

describe("toJson", () => {
  const document = toJson(made)

  it("survives JSON unchanged", () => {
    expect(JSON.parse(JSON.stringify(document))).toEqual(document)
  })

  it("says its format and version, and the plan-level factors", () => {
    expect(document).toMatchObject({
      ...{ format: "time-transfer/mup-plan", version: 1, kind: "completep", shape },
      ...{ attention_scale: 1 / 8, residual_multiplier: 1 / 4, logit_multiplier: 1 / 4, embedding_multiplier: 1 },
    })
  })

  it("tells a constant from a random tensor", () => {
    expect(document.tensors[2]).toEqual({ name: "bias", role: "vector", init: { constant: 0 }, forward_multiplier: 1 })
    expect(document.tensors[0]!.init).toEqual({ std: 1 / 8 })
  })

  it("holds the groups for every optimiser and coupling", () => {
    for (const optimizer of ["adamw", "sgd", "signum"] as const)
      for (const decay of ["coupled-to-lr", "independent"] as const)
        expect(document.parameter_groups[optimizer][decay]).toEqual(parameterGroups(made, optimizer, decay))
  })
})
