import { type Decay, decayFraction } from "./decay.ts"
import { requireFraction } from "./HyperparameterError.ts"
import { requireSameLength, type Tensor } from "./Tensor.ts"

export interface SgdHyper extends Decay {
  /** mu in [0, 1); 0 is plain SGD. */
  readonly momentum: number
}

/**
 * One step of SGD with heavy-ball momentum, in place, in torch's convention (dampening 0, no Nesterov): the gradient
 * enters the momentum with weight 1, so a constant gradient is amplified to `g / (1 - mu)`. With `g = gradScale * grad`:
 *
 *     w <- w (1 - decayFraction)
 *     b <- mu b + g
 *     w <- w - lr b
 *
 * Weight decay acts on the weights and never enters the momentum, unlike `torch.optim.SGD(weight_decay)`, which adds
 * `lambda w` to the gradient; the two agree at `mu = 0`. Float64 per element, rounded when stored; `b` starts at 0.
 * Throws `HyperparameterError`.
 */
export const sgd = (param: Tensor, grad: Tensor, momentum: Tensor, hyper: SgdHyper, gradScale: number = 1): void => {
  const { lr, momentum: mu } = hyper
  const kept = 1 - decayFraction(hyper)
  requireFraction("momentum", mu)
  requireSameLength(param, { grad, momentum })
  for (let i = 0; i < param.length; i++) {
    const buffer = mu * momentum[i]! + gradScale * grad[i]!
    momentum[i] = buffer
    param[i] = param[i]! * kept - lr * buffer
  }
}
