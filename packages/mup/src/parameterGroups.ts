import { checkOneOf } from "./check.ts"
import type { Plan, TensorPlan } from "./plan.ts"

export type Optimizer = "adamw" | "sgd" | "signum"
export type DecayCoupling = "coupled-to-lr" | "independent"

export const optimizers: readonly Optimizer[] = ["adamw", "sgd", "signum"]
export const decayCouplings: readonly DecayCoupling[] = ["coupled-to-lr", "independent"]

/** Tensors that share their multipliers; the fields are those of a torch parameter group, as factors. */
export interface ParameterGroup {
  /** Names, in the order of the plan. */
  readonly params: readonly string[]
  readonly lr_multiplier: number
  readonly weight_decay_multiplier: number
  /** Absent for optimisers without epsilon. */
  readonly eps_multiplier?: number
}

/**
 * The plan as optimiser parameter groups: tensors of equal multipliers together, groups in order of first appearance.
 * Signum takes the Adam-like multipliers (its update does not depend on the gradient's size) and has no epsilon.
 *
 * @param decay how the optimiser applies weight decay; `coupled-to-lr` is torch's.
 */
export const parameterGroups = (
  plan: Plan,
  optimizer: Optimizer,
  decay: DecayCoupling = "coupled-to-lr",
): readonly ParameterGroup[] => {
  checkOneOf("optimizer", optimizer, optimizers)
  checkOneOf("decay", decay, decayCouplings)
  const groups = new Map<string, { factors: Omit<ParameterGroup, "params">; params: string[] }>()
  for (const tensor of plan.tensors) {
    const factors = factorsOf(tensor, optimizer, decay)
    const key = JSON.stringify(factors)
    const group = groups.get(key) ?? { factors, params: [] }
    group.params.push(tensor.name)
    groups.set(key, group)
  }
  return [...groups.values()].map(({ factors, params }) => ({ params, ...factors }))
}

const factorsOf = (t: TensorPlan, optimizer: Optimizer, decay: DecayCoupling): Omit<ParameterGroup, "params"> => {
  const column = optimizer === "sgd" ? t.sgd : t.adam
  return {
    lr_multiplier: column.lr,
    weight_decay_multiplier: decay === "coupled-to-lr" ? column.weightDecay : column.weightDecayIndependent,
    ...(optimizer === "adamw" ? { eps_multiplier: t.adam.eps } : {}),
  }
}
