import { type Decay, decayFraction } from "./decay.ts"
import { requireFraction } from "./HyperparameterError.ts"
import { requireSameLength, type Tensor } from "./Tensor.ts"

export interface SignumHyper extends Decay {
  /** beta in [0, 1); 0 is sign descent. */
  readonly momentum: number
}

/**
 * One step of Signum (Bernstein et al. 2018, "signSGD", algorithm 2), in place. With `g = gradScale * grad`:
 *
 *     w <- w (1 - decayFraction)
 *     b <- beta b + (1 - beta) g
 *     w <- w - lr sign(b),   sign(0) = 0
 *
 * Float64 per element, rounded when stored (the sign is taken before rounding); `b` starts at 0. Throws
 * `HyperparameterError`.
 */
export const signum = (
  param: Tensor,
  grad: Tensor,
  momentum: Tensor,
  hyper: SignumHyper,
  gradScale: number = 1,
): void => {
  const { lr, momentum: beta } = hyper
  const kept = 1 - decayFraction(hyper)
  requireFraction("momentum", beta)
  requireSameLength(param, { grad, momentum })
  for (let i = 0; i < param.length; i++) {
    const buffer = beta * momentum[i]! + (1 - beta) * (gradScale * grad[i]!)
    momentum[i] = buffer
    param[i] = param[i]! * kept - lr * Math.sign(buffer)
  }
}
