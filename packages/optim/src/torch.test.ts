/** Against PyTorch's own optimisers on identical gradients: `fixtures/make.py` made `fixtures/torch.json`. */
import { describe, expect, it } from "vitest"
import fixture from "../fixtures/torch.json" with { type: "json" }
import { adamw, type Coupling, clipFactor, globalNorm, sgd, signum } from "./index.ts"

type Case = keyof typeof fixture.cases
type Step = (param: Float64Array, grad: Float64Array, t: number) => void

const decay = (coupling: Coupling, weightDecay: number, t: number) => ({
  coupling,
  weightDecay,
  lr: fixture.peak * fixture.schedule[t]!,
  schedule: fixture.schedule[t]!,
})
const state = () => new Float64Array(fixture.start.length)

const adamwCase = (
  coupling: Coupling,
  weightDecay: number,
  [beta1, beta2] = [0.9, 0.95],
  eps = 1e-8,
  clip?: number,
) => {
  const [m, v] = [state(), state()]
  return ((param, grad, t) => {
    const hyper = { ...decay(coupling, weightDecay, t), beta1: beta1!, beta2: beta2!, eps, step: t + 1 }
    adamw(param, grad, m, v, hyper, clip === undefined ? 1 : clipFactor(globalNorm([grad]), clip))
  }) satisfies Step
}
const momentumCase = (rule: typeof sgd, momentum: number, coupling: Coupling, weightDecay: number) => {
  const buffer = state()
  return ((param, grad, t) =>
    rule(param, grad, buffer, { ...decay(coupling, weightDecay, t), momentum })) satisfies Step
}

const cases: Record<Case, Step> = {
  "adamw coupled-to-lr": adamwCase("coupled-to-lr", fixture.decay),
  "adamw independent": adamwCase("independent", fixture.decay),
  "adamw no decay, clip 1": adamwCase("coupled-to-lr", 0, undefined, undefined, 1),
  "adamw eps 1e-3, betas 0 and 0.999": adamwCase("coupled-to-lr", fixture.decay, [0, 0.999], 1e-3),
  "sgd momentum 0.9, no decay": momentumCase(sgd, 0.9, "coupled-to-lr", 0),
  "sgd momentum 0, torch weight_decay": momentumCase(sgd, 0, "coupled-to-lr", fixture.decay),
  "sgd momentum 0.9, coupled-to-lr": momentumCase(sgd, 0.9, "coupled-to-lr", fixture.decay),
  "sgd momentum 0.9, independent": momentumCase(sgd, 0.9, "independent", fixture.decay),
  "signum coupled-to-lr": momentumCase(signum, 0.9, "coupled-to-lr", fixture.decay),
  "signum independent": momentumCase(signum, 0.9, "independent", fixture.decay),
}

describe(`PyTorch ${fixture.torch}, 20 steps in float64 under warmup and decay`, () => {
  it.each(Object.keys(fixture.cases) as Array<Case>)("%s: equal to 1e-12 after every step", (name) => {
    const param = Float64Array.from(fixture.start)
    fixture.gradients.forEach((gradient, t) => {
      cases[name](param, Float64Array.from(gradient), t)
      const expected = fixture.cases[name].weights[t]!
      param.forEach((value, i) => {
        expect(Math.abs(value - expected[i]!)).toBeLessThanOrEqual(1e-12 * Math.max(1, Math.abs(expected[i]!)))
      })
    })
  })

  it("clip_grad_norm_ returns our global norm", () => {
    const norms = fixture.gradients.map((gradient) => globalNorm([Float64Array.from(gradient)]))
    norms.forEach((norm, t) => {
      expect(norm / fixture.cases["adamw no decay, clip 1"].norms[t]!).toBeCloseTo(1, 12)
    })
    expect(norms.filter((norm) => norm > 1).length).toBeGreaterThan(5) // it did clip
  })
})
