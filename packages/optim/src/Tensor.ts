import { HyperparameterError } from "./HyperparameterError.ts"

/** The values of a tensor in any order, as long as it is the same for weights, gradient and state. */
export type Tensor = Float32Array | Float64Array

export const requireSameLength = (param: Tensor, others: Readonly<Record<string, Tensor>>): void => {
  for (const [name, other] of Object.entries(others))
    if (other.length !== param.length)
      throw new HyperparameterError(`${name}.length`, other.length, `the length of param, ${param.length}`)
}
