import { type AdamMultipliers, adamMultipliers } from "./adam.ts"
import { attentionScale, forwardMultiplier, logitMultiplier, residualMultiplier } from "./forward.ts"
import { initStd } from "./init.ts"
import { MupError } from "./MupError.ts"
import { checkShape, type Kind, type Parametrisation, resolveRules, type Shape } from "./Parametrisation.ts"
import { type SgdMultipliers, sgdMultipliers } from "./sgd.ts"
import { checkTensor, type Role, type TensorShape } from "./TensorShape.ts"

/** What a parametrisation says of one tensor. Multipliers apply to the values tuned at the base shape. */
export interface TensorPlan {
  readonly name: string
  readonly role: Role
  /** Standard deviation of the initial normal weights; 0 where `initConstant` is given. */
  readonly initStd: number
  /** Initial value of every element, instead of a random one. */
  readonly initConstant?: number
  /** Factor on the tensor's product in this role. A tied readout's factor belongs to that use: `Plan.logitMultiplier`. */
  readonly forwardMultiplier: number
  /** Adam, AdamW, Signum. */
  readonly adam: AdamMultipliers
  /** SGD, with or without momentum. */
  readonly sgd: SgdMultipliers
}

/**
 * A model's parametrisation. The plan-level factors serve code that scales by use (embed, attend, add to the residual
 * stream, read out); `logitMultiplier` and `embeddingMultiplier` are the per-tensor factors again, not further ones.
 */
export interface Plan {
  readonly kind: Kind
  readonly shape: Shape
  readonly tensors: readonly TensorPlan[]
  /** Factor on q.k. */
  readonly attentionScale: number
  /** Factor on every attention and MLP branch: x + residualMultiplier * branch(norm(x)). */
  readonly residualMultiplier: number
  /** Factor on the logits, for a tied as for an untied readout. */
  readonly logitMultiplier: number
  /** Factor on the embedding's output. */
  readonly embeddingMultiplier: number
}

/**
 * The plan of a model: init, forward multipliers and optimiser multipliers of every tensor.
 *
 * At the base shape each number equals the standard parametrisation's exactly, bit for bit. A tied embedding is one tensor
 * of role `input`: init and learning rate are an input's, and its use as readout takes `logitMultiplier`.
 *
 * @throws MupError naming the field, its value and the way out.
 */
export const plan = (parametrisation: Parametrisation, shape: Shape, tensors: readonly TensorShape[]): Plan => {
  checkShape(shape)
  const rules = resolveRules(parametrisation, shape)
  const seen = new Set<string>()
  tensors.forEach((tensor, index) => {
    checkTensor(tensor, `tensors[${index}]`)
    if (seen.has(tensor.name)) {
      throw new MupError(`tensors[${index}].name`, tensor.name, "is used twice", "give every tensor its own name")
    }
    seen.add(tensor.name)
  })
  return {
    kind: rules.kind,
    shape,
    tensors: tensors.map((tensor) => ({
      name: tensor.name,
      role: tensor.role,
      initStd: initStd(tensor, rules, shape),
      ...(tensor.constant === undefined ? {} : { initConstant: tensor.constant }),
      forwardMultiplier: forwardMultiplier(tensor, rules),
      adam: adamMultipliers(tensor, rules, shape),
      sgd: sgdMultipliers(tensor, rules, shape),
    })),
    attentionScale: attentionScale(rules, shape),
    residualMultiplier: residualMultiplier(rules, shape),
    logitMultiplier: logitMultiplier(rules, shape),
    embeddingMultiplier: rules.alphaInput,
  }
}
