/** The decoder, fields as in MPT's Hugging Face `config.json`; a `RunSpec`'s `model` is one. */
export interface MptShape {
  /** Width, d. */
  readonly d_model: number
  readonly n_layers: number
  readonly n_heads: number
  /** Tokens in a sequence, S. */
  readonly max_seq_len: number
  /** V. */
  readonly vocab_size: number
  /** Hidden width of the MLP over d. */
  readonly expansion_ratio: number
  readonly no_bias: boolean
  readonly tie_word_embeddings: boolean
  readonly positions: "alibi" | "rope" | "learned"
  readonly rope_theta: number
  /** Layer norm of queries and keys over the model width. */
  readonly qk_ln: boolean
  readonly norm_eps: number
}

/** How the weights start; see `initialise`. */
export interface InitShape {
  readonly init_gain: number
  /** Standard deviation of the embeddings, in place of `init_gain / sqrt(width)` at the base shape. */
  readonly emb_init_std?: number
  /** An untied readout starts at zero. */
  readonly zero_readout: boolean
}

/** Hidden width of the MLP. */
export const hiddenWidth = (shape: Pick<MptShape, "d_model" | "expansion_ratio">): number =>
  Math.round(shape.expansion_ratio * shape.d_model)

/** A shape that no decoder has; `field` says which part of it. */
export class ShapeFieldError extends RangeError {
  override readonly name = "ShapeFieldError"
  readonly field: string
  readonly value: unknown
  constructor(field: string, value: unknown, wanted: string) {
    super(`${field} is ${String(value)}; it must be ${wanted}`)
    this.field = field
    this.value = value
  }
}

const requireSize = (field: string, value: number): void => {
  if (!(Number.isSafeInteger(value) && value >= 1)) throw new ShapeFieldError(field, value, "a whole number, 1 or more")
}

/** @throws {ShapeFieldError} naming the field, its value and what would do */
export const checkShape = (shape: MptShape): void => {
  for (const field of ["d_model", "n_layers", "n_heads", "max_seq_len", "vocab_size"] as const) {
    requireSize(field, shape[field])
  }
  const { d_model: d, n_heads: heads } = shape
  if (d % heads !== 0) throw new ShapeFieldError("n_heads", heads, `a divisor of the width ${d}`)
  if (shape.positions === "rope" && (d / heads) % 2 !== 0) {
    throw new ShapeFieldError(
      "n_heads",
      heads,
      `such that the head size is even for rotary positions, not ${d / heads}`,
    )
  }
  if (!(shape.expansion_ratio > 0) || hiddenWidth(shape) < 1) {
    throw new ShapeFieldError("expansion_ratio", shape.expansion_ratio, "positive, with a hidden width of 1 or more")
  }
  for (const field of ["rope_theta", "norm_eps"] as const) {
    if (!(shape[field] > 0 && shape[field] < Number.POSITIVE_INFINITY)) {
      throw new ShapeFieldError(field, shape[field], "a finite positive number")
    }
  }
}
