import { checkFinite, checkNonNegative, checkOneOf, checkSize, checkText } from "./check.ts"
import { MupError } from "./MupError.ts"

/**
 * How a tensor's dimensions relate to width.
 *
 * - `input`: only fan-out is width (token and position embeddings, input layers)
 * - `hidden`: both are width (attention and MLP projections)
 * - `output`: only fan-in is width (an untied readout)
 * - `vector`: one dimension (biases, norm gains)
 */
export type Role = "input" | "hidden" | "output" | "vector"

export const roles: readonly Role[] = ["input", "hidden", "output", "vector"]

/** A named tensor at the shape to be trained and at the base shape. */
export interface TensorShape {
  readonly name: string
  readonly role: Role
  /** Inputs summed into one output; 1 for a vector, the vocabulary size for an embedding. */
  readonly fanIn: number
  readonly fanOut: number
  readonly baseFanIn: number
  readonly baseFanOut: number
  /** Writes into the residual stream: its initial std may be divided by sqrt(2 depth). */
  readonly residual?: boolean
  /** Lies inside a residual block: depth-aware rules apply. */
  readonly block?: boolean
  /** Initial value of every element, instead of a random one (norm gain 1, bias 0, zeroed readout 0). */
  readonly constant?: number
  /**
   * Initial standard deviation at the base shape, before a residual division. Default: 1/sqrt(baseFanIn) for hidden and
   * output, 1/sqrt(baseFanOut) for input (an embedding that also serves as readout gives logits of order 1).
   */
  readonly baseStd?: number
}

/** Width ratio of the fan-in, and of the fan-out: target / base. */
export const fanInRatio = (t: TensorShape): number => t.fanIn / t.baseFanIn
export const fanOutRatio = (t: TensorShape): number => t.fanOut / t.baseFanOut

/** The ratio of the tensor's one width dimension (for hidden: of its fan-in). */
export const widthRatio = (t: TensorShape): number =>
  t.role === "hidden" || t.role === "output" ? fanInRatio(t) : fanOutRatio(t)

export const checkTensor = (tensor: TensorShape, field: string): void => {
  checkText(`${field}.name`, tensor.name)
  const at = `${field} ("${tensor.name}")`
  checkOneOf(`${at}.role`, tensor.role, roles)
  for (const key of ["fanIn", "fanOut", "baseFanIn", "baseFanOut"] as const) checkSize(`${at}.${key}`, tensor[key])
  if (tensor.constant !== undefined) checkFinite(`${at}.constant`, tensor.constant)
  if (tensor.baseStd !== undefined) checkNonNegative(`${at}.baseStd`, tensor.baseStd)
  if (tensor.constant !== undefined && tensor.baseStd !== undefined) {
    throw new MupError(`${at}.baseStd`, tensor.baseStd, "contradicts `constant`", "give one of the two")
  }
  if (tensor.role === "vector" && tensor.constant === undefined && tensor.baseStd === undefined) {
    throw new MupError(
      `${at}.constant`,
      undefined,
      "is missing, and a vector has no default initial value",
      "give constant 1 for a norm gain, 0 for a bias, or a baseStd",
    )
  }
  if (tensor.role === "input" && tensor.fanIn !== tensor.baseFanIn) {
    throw new MupError(
      `${at}.fanIn`,
      tensor.fanIn,
      `differs from baseFanIn ${tensor.baseFanIn}, but the fan-in of an input tensor is no width`,
      'use role "hidden" if both dimensions scale, or swap fan-in and fan-out (an embedding table is [in, out])',
    )
  }
  if (tensor.role === "output" && tensor.fanOut !== tensor.baseFanOut) {
    throw new MupError(
      `${at}.fanOut`,
      tensor.fanOut,
      `differs from baseFanOut ${tensor.baseFanOut}, but the fan-out of an output tensor is no width`,
      'use role "hidden" if both dimensions scale, or swap fan-in and fan-out',
    )
  }
}
