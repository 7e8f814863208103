/** The device against PyTorch in float64, with the fixtures of `@ts/model`: a decoder's numbers and 200 steps of training. */
import "../test/build.ts"
import { describe, expect, it } from "vitest"
import { curveErrors, fixtureErrors } from "../../../packages/model/fixtures/runs.ts"
import { gradientFixtures } from "../../../packages/model/fixtures/torch.ts"
import { cpuAvailability, cpuDevice } from "./index.ts"

const state = cpuAvailability()

const title = state.available ? "CPU device against PyTorch" : `CPU device against PyTorch (skipped: ${state.reason})`

describe.skipIf(!state.available)(title, () => {
  it.each(gradientFixtures)("%s: loss, activations and all gradients in f32", async (name) => {
    const { loss, activations, gradients } = await fixtureErrors(await cpuDevice(), name)
    expect(loss).toBeLessThan(1e-6)
    for (const [buffer, error] of [...activations, ...gradients]) expect(error, buffer).toBeLessThan(1e-5)
  })

  it("stays with torch.optim.AdamW's loss curve for 200 steps", async () => {
    const { losses } = await curveErrors(await cpuDevice())
    expect(losses).toHaveLength(200)
    // f32 drifts from f64 as the steps add up: 8e-7 at the worst step with AVX-512.
    expect(Math.max(...losses)).toBeLessThan(1e-5)
  })
})
