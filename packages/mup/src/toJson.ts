import type { Kind, Shape } from "./Parametrisation.ts"
import {
  type DecayCoupling,
  decayCouplings,
  type Optimizer,
  optimizers,
  type ParameterGroup,
  parameterGroups,
} from "./parameterGroups.ts"
import type { Plan } from "./plan.ts"
import type { Role } from "./TensorShape.ts"

/** A plan for readers in other languages. `version` changes when a field changes its meaning or goes away. */
export interface PlanDocument {
  readonly format: "time-transfer/mup-plan"
  readonly version: 1
  readonly kind: Kind
  readonly shape: Shape
  readonly attention_scale: number
  readonly residual_multiplier: number
  readonly logit_multiplier: number
  readonly embedding_multiplier: number
  readonly tensors: readonly {
    readonly name: string
    readonly role: Role
    readonly init: { readonly std: number } | { readonly constant: number }
    readonly forward_multiplier: number
  }[]
  /** By optimiser, then by how weight decay is applied. */
  readonly parameter_groups: Readonly<Record<Optimizer, Readonly<Record<DecayCoupling, readonly ParameterGroup[]>>>>
}

/** The plan as plain JSON data: ready for `JSON.stringify`, documented in the README. */
export const toJson = (plan: Plan): PlanDocument => ({
  format: "time-transfer/mup-plan",
  version: 1,
  kind: plan.kind,
  shape: plan.shape,
  attention_scale: plan.attentionScale,
  residual_multiplier: plan.residualMultiplier,
  logit_multiplier: plan.logitMultiplier,
  embedding_multiplier: plan.embeddingMultiplier,
  tensors: plan.tensors.map((t) => ({
    name: t.name,
    role: t.role,
    init: t.initConstant === undefined ? { std: t.initStd } : { constant: t.initConstant },
    forward_multiplier: t.forwardMultiplier,
  })),
  parameter_groups: byKey(optimizers, (optimizer) =>
    byKey(decayCouplings, (decay) => parameterGroups(plan, optimizer, decay)),
  ),
})

const byKey = <K extends string, V>(keys: readonly K[], value: (key: K) => V): Record<K, V> =>
  Object.fromEntries(keys.map((key) => [key, value(key)])) as Record<K, V>
