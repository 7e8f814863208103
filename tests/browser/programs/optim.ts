import { adamw, sgd, signum } from "@ts/optim"
import torch from "../../../packages/optim/fixtures/torch.json" with { type: "json" }
import { known } from "../known.ts"

type Step = (weight: Float64Array, gradient: Float64Array, t: number) => void

/** Twenty steps under warmup and decay, against PyTorch's own optimisers on the same gradients. */
const run = (expected: ReadonlyArray<ReadonlyArray<number>>, step: Step) => {
  const weight = Float64Array.from(torch.start)
  torch.gradients.forEach((gradient, t) => {
    step(weight, Float64Array.from(gradient), t)
    for (const [i, value] of expected[t]!.entries()) known(`weight ${i} after step ${t + 1}`, weight[i]!, value, 1e-11)
  })
  return weight
}

export default () => {
  const state = () => new Float64Array(torch.start.length)
  const rate = (t: number) => ({
    lr: torch.peak * torch.schedule[t]!,
    schedule: torch.schedule[t]!,
    weightDecay: torch.decay,
  })
  const [m, v, momentum, sign] = [state(), state(), state(), state()]
  return {
    adamw: run(torch.cases["adamw independent"].weights, (weight, gradient, t) =>
      adamw(weight, gradient, m, v, {
        ...rate(t),
        coupling: "independent",
        beta1: 0.9,
        beta2: 0.95,
        eps: 1e-8,
        step: t + 1,
      }),
    ),
    sgd: run(torch.cases["sgd momentum 0.9, coupled-to-lr"].weights, (weight, gradient, t) =>
      sgd(weight, gradient, momentum, { ...rate(t), coupling: "coupled-to-lr", momentum: 0.9 }),
    ),
    signum: run(torch.cases["signum coupled-to-lr"].weights, (weight, gradient, t) =>
      signum(weight, gradient, sign, { ...rate(t), coupling: "coupled-to-lr", momentum: 0.9 }),
    ),
  }
}
