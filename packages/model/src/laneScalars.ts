import type { Plan } from "@ts/mup"
import type { OptimizerKind } from "@ts/program"
import { scalars } from "./mpt.ts"

/** A `RunSpec`'s `optimizer` is one. */
export type LaneOptimizer = {
  readonly decay: "coupled-to-lr" | "independent"
  readonly clip: number | null
} & (
  | { readonly kind: "adamw"; readonly betas: readonly [number, number]; readonly eps: number }
  | { readonly kind: "sgd" | "signum"; readonly momentum: number }
)

/**
 * All run-time scalars of a lane but those that every step carries: forward multipliers, per-tensor learning-rate, decay
 * and epsilon, the optimiser's constants, the averages' decays. Names as in `updateProgram` of `@ts/program`.
 *
 * @param averages decay by name of the average
 */
export const laneScalars = (
  plan: Plan,
  optimizer: LaneOptimizer & { readonly kind: OptimizerKind },
  averages: Readonly<Record<string, number>> = {},
): Readonly<Record<string, number>> => {
  const values: Record<string, number> = {
    [scalars.embedding]: plan.embeddingMultiplier,
    [scalars.logits]: plan.logitMultiplier,
    [scalars.attention]: plan.attentionScale,
    [scalars.residual]: plan.residualMultiplier,
    clip: optimizer.clip ?? Number.POSITIVE_INFINITY,
  }
  if (optimizer.kind === "adamw") [values["beta1"], values["beta2"]] = optimizer.betas
  else values["momentum"] = optimizer.momentum
  for (const tensor of plan.tensors) {
    const { lr, weightDecay, weightDecayIndependent } = optimizer.kind === "sgd" ? tensor.sgd : tensor.adam
    values[`eta:${tensor.name}`] = lr
    // The coupled decay is eta_t * lambda, so the tensor's own rate belongs to its decay.
    values[`decay:${tensor.name}`] = optimizer.decay === "coupled-to-lr" ? lr * weightDecay : weightDecayIndependent
    if (optimizer.kind === "adamw") values[`eps:${tensor.name}`] = optimizer.eps * tensor.adam.eps
  }
  for (const [name, decay] of Object.entries(averages)) values[`averageDecay:${name}`] = decay
  return values
}
