import { checkFlag, checkOneOf, checkPositive, checkSize } from "./check.ts"
import { MupError } from "./MupError.ts"

export type Kind = "standard" | "mup" | "completep"

export const kinds: readonly Kind[] = ["standard", "mup", "completep"]

/** Which rules to follow, and the choices that are part of the base model whatever the rules. */
export interface Parametrisation {
  readonly kind: Kind
  /** Must agree with the shape's; may be left to it. */
  readonly baseWidth?: number
  /** Must agree with the shape's; may be left to it. */
  readonly baseDepth?: number
  /** CompleteP only: residual branches shrink as (depth ratio)^-alpha. In [0.5, 1]; default 1 (arXiv 2505.01618). */
  readonly alpha?: number
  /** Tuned multiplier of the embedding's output, alpha_input of nanoGPT-mup. Default 1. Same for every kind. */
  readonly alphaInput?: number
  /** Tuned multiplier of the logits, alpha_output of nanoGPT-mup. Default 1. Same for every kind. */
  readonly alphaOutput?: number
  /**
   * Divide the initial std of residual projections by sqrt(2 depth), MPT's and GPT-2's habit. Default true. Under CompleteP
   * the depth is that of the base shape, so that the division is a constant of the base model and not a depth rule;
   * `false` is CompleteP as published.
   */
  readonly residualInitDivision?: boolean
  /** Weight decay on vectors (biases, norm gains). Default true, as in MPT and torch; nanoGPT and CompleteP use false. */
  readonly decayVectors?: boolean
  /** Standard only: hidden and output std follow 1/sqrt(fan-in) (default) or stay at the base std at any width (GPT-2). */
  readonly standardInit?: "fan-in" | "fixed"
}

/** The model to be trained beside the base model. Equal in all three pairs: the base shape. */
export interface Shape {
  readonly width: number
  /** Residual blocks (transformer layers; one layer has an attention and an MLP branch). */
  readonly depth: number
  readonly headSize: number
  readonly baseWidth: number
  readonly baseDepth: number
  readonly baseHeadSize: number
}

/** A parametrisation with its defaults filled in. */
export interface Rules extends Required<Omit<Parametrisation, "baseWidth" | "baseDepth">> {}

export const checkShape = (shape: Shape): void => {
  for (const key of ["width", "depth", "headSize", "baseWidth", "baseDepth", "baseHeadSize"] as const) {
    checkSize(`shape.${key}`, shape[key])
  }
}

export const resolveRules = (p: Parametrisation, shape: Shape): Rules => {
  const kind = checkOneOf("parametrisation.kind", p.kind, kinds)
  for (const key of ["baseWidth", "baseDepth"] as const) {
    const stated = p[key]
    if (stated === undefined) continue
    checkSize(`parametrisation.${key}`, stated)
    if (stated !== shape[key]) {
      throw new MupError(
        `parametrisation.${key}`,
        stated,
        `differs from shape.${key}, which is ${shape[key]}`,
        "give the same number in both, or leave it out of the parametrisation",
      )
    }
  }
  if (p.alpha !== undefined) {
    if (kind !== "completep") {
      throw new MupError(
        "parametrisation.alpha",
        p.alpha,
        `has no meaning under "${kind}"`,
        'drop it, or use "completep"',
      )
    }
    if (!(checkPositive("parametrisation.alpha", p.alpha) >= 0.5 && p.alpha <= 1)) {
      throw new MupError(
        "parametrisation.alpha",
        p.alpha,
        "is outside [0.5, 1]",
        "use 1 (CompleteP) or a value from 0.5",
      )
    }
  }
  if (p.standardInit !== undefined) {
    checkOneOf("parametrisation.standardInit", p.standardInit, ["fan-in", "fixed"])
    if (kind !== "standard") {
      throw new MupError(
        "parametrisation.standardInit",
        p.standardInit,
        `has no meaning under "${kind}"`,
        'drop it, or use kind "standard"',
      )
    }
  }
  return {
    kind,
    alpha: p.alpha ?? 1,
    alphaInput: checkPositive("parametrisation.alphaInput", p.alphaInput ?? 1),
    alphaOutput: checkPositive("parametrisation.alphaOutput", p.alphaOutput ?? 1),
    residualInitDivision: checkFlag("parametrisation.residualInitDivision", p.residualInitDivision ?? true),
    decayVectors: checkFlag("parametrisation.decayVectors", p.decayVectors ?? true),
    standardInit: p.standardInit ?? "fan-in",
  }
}

/** What a width comparison holds fixed; both where width and head size are the base's. */
export const heldFixed = (shape: Shape): "head-size" | "number-of-heads" | "both" | "neither" => {
  const size = shape.headSize === shape.baseHeadSize
  const count = shape.width * shape.baseHeadSize === shape.baseWidth * shape.headSize
  return size ? (count ? "both" : "head-size") : count ? "number-of-heads" : "neither"
}
