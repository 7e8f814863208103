/**
 * A step of training as data: named buffers and three straight-line lists of coarse operations.
 *
 * Sizes that change from call to call do so in one way only: a micro-batch has `rows` tokens
 * (sequences x sequence length), and a buffer marked `perToken` holds that many rows of `shape`.
 * Everything that differs between the lanes of a device is a run-time scalar, referred to by name.
 */

/**
 * Where a buffer lives.
 * - `parameter`, `state` (optimiser moments, weight averages): kept from step to step.
 * - `gradient`: kept while micro-batches add into it; zero after `update` and `measure`.
 * - `activation`: lives within one call; the memory plan lets such buffers share memory.
 */
export type Storage = "parameter" | "gradient" | "state" | "activation"

export interface Buffer {
  readonly name: string
  readonly storage: Storage
  /** Dimensions of one row for a `perToken` buffer, of the whole buffer otherwise. */
  readonly shape: readonly number[]
  readonly perToken: boolean
}

/**
 * One coarse operation. Slots have fixed names per kind (see `ops/`); values are names of buffers or scalars.
 * The tokens of a micro-batch are not a buffer: `embed`, `embed_backward`, `cross_entropy` and
 * `cross_entropy_backward` read ids and targets from the call.
 */
export interface Op {
  readonly kind: OpKind
  readonly inputs: Readonly<Record<string, string>>
  readonly outputs: Readonly<Record<string, string>>
  /** Output slots that add to what the buffer holds instead of overwriting it. */
  readonly accumulate: readonly string[]
  /** Run-time scalars by slot. */
  readonly scalars: Readonly<Record<string, string>>
  readonly attributes: Readonly<Record<string, number | boolean>>
}

export const forwardKinds = [
  "embed",
  "norm",
  "linear",
  "gelu",
  "rotary",
  "qk_norm",
  "attention",
  "cross_entropy",
] as const
export const backwardKinds = [
  "embed_backward",
  "norm_backward",
  "linear_backward",
  "gelu_backward",
  "rotary_backward",
  "qk_norm_backward",
  "attention_backward",
  "cross_entropy_backward",
] as const
export const updateKinds = ["global_norm", "adamw", "sgd", "signum", "average"] as const
export const opKinds = [...forwardKinds, ...backwardKinds, ...updateKinds] as const

export type ForwardKind = (typeof forwardKinds)[number]
export type OpKind = (typeof opKinds)[number]

/** Everything a device needs to compile: built once per shape, replayed for every step. */
export interface Training {
  readonly buffers: readonly Buffer[]
  /** One micro-batch forward and backward; adds the gradient of the *sum* of token losses. */
  readonly grad: readonly Op[]
  /** Global norm, clip, optimiser, weight averages. */
  readonly update: readonly Op[]
  /** Forward only. */
  readonly evaluate: readonly Op[]
  /** Names of the run-time scalars; each lane holds one float64 per name, initially 0. */
  readonly scalars: readonly string[]
  /** The scalars that every `update` call carries anew, in this order; a subset of `scalars`. */
  readonly stepScalars: readonly string[]
  /** Per-token loss buffer written by `cross_entropy`: shape [1]. */
  readonly loss: string
  /** State buffer of shape [1] written by `global_norm`. */
  readonly norm: string
  /** Weight averages: the state buffer that holds the running sum of a parameter, by average and parameter name. */
  readonly averages: Readonly<Record<string, Readonly<Record<string, string>>>>
  /** Tokens in a sequence, S. */
  readonly sequenceLength: number
  /** Token ids are below this. */
  readonly vocabulary: number
}

/** Elements of one row (perToken) or of the whole buffer. */
export const elements = (buffer: Buffer): number => buffer.shape.reduce((product, size) => product * size, 1)

/** Name of the gradient buffer of a parameter, and of the gradient of an activation. */
export const gradientOf = (name: string): string => `grad:${name}`
