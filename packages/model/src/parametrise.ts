/** The decoder's plan of multipliers: what `@ts/mup` says of its tensors. */
import { type Plan, plan, type TensorShape } from "@ts/mup"
import { type Parameter, parameters } from "./parameters.ts"
import { checkShape, type InitShape, type MptShape } from "./shape.ts"

/** A `RunSpec`'s `parametrisation` is one. `baseHeads` absent: the number of heads is held fixed. */
export type MptParametrisation =
  | { readonly kind: "standard" }
  | { readonly kind: "mup"; readonly baseWidth: number; readonly baseHeads?: number }
  | {
      readonly kind: "completep"
      readonly baseWidth: number
      readonly baseHeads?: number
      readonly baseDepth: number
      readonly alpha: number
    }

const fans = ({ role, shape }: Parameter) => {
  const [out = 1, columns = 1] = shape
  // A table is looked up, not multiplied: its rows are the fan-in.
  return role === "input" ? { in: out, out: columns } : { in: columns, out }
}

const tensorShape = (parameter: Parameter, base: Parameter, init: InitShape): TensorShape => {
  const [fan, baseFan] = [fans(parameter), fans(base)]
  const start = (): Pick<TensorShape, "constant" | "baseStd"> => {
    if (parameter.start !== "normal") return { constant: parameter.start === "ones" ? 1 : 0 }
    if (parameter.role === "output" && init.zero_readout) return { constant: 0 }
    if (parameter.role !== "input") return { baseStd: init.init_gain / Math.sqrt(baseFan.in) }
    return { baseStd: init.emb_init_std ?? init.init_gain / Math.sqrt(baseFan.out) }
  }
  return {
    name: parameter.name,
    role: parameter.role,
    fanIn: fan.in,
    fanOut: fan.out,
    baseFanIn: baseFan.in,
    baseFanOut: baseFan.out,
    residual: parameter.residual,
    block: parameter.block,
    ...start(),
  }
}

/**
 * Weights start with standard deviation `init_gain / sqrt(fan-in)`, embeddings with `init_gain / sqrt(width)` or `emb_init_std`, all at the
 * base shape; projections into the residual stream are divided by sqrt(2 n_layers), but for CompleteP.
 *
 * @throws {ShapeFieldError | MupError} naming the field at fault
 */
export const parametrise = (shape: MptShape & InitShape, parametrisation: MptParametrisation): Plan => {
  checkShape(shape)
  const base =
    parametrisation.kind === "standard"
      ? { width: shape.d_model, heads: shape.n_heads, depth: shape.n_layers }
      : {
          width: parametrisation.baseWidth,
          heads: parametrisation.baseHeads ?? shape.n_heads,
          depth: parametrisation.kind === "completep" ? parametrisation.baseDepth : shape.n_layers,
        }
  checkShape({ ...shape, d_model: base.width, n_heads: base.heads })
  const baseParameters = parameters({ ...shape, d_model: base.width })
  return plan(
    parametrisation.kind === "completep"
      ? { kind: "completep", alpha: parametrisation.alpha, residualInitDivision: false }
      : { kind: parametrisation.kind },
    {
      width: shape.d_model,
      depth: shape.n_layers,
      headSize: shape.d_model / shape.n_heads,
      baseWidth: base.width,
      baseDepth: base.depth,
      baseHeadSize: base.width / base.heads,
    },
    parameters(shape).map((parameter, i) => tensorShape(parameter, baseParameters[i], shape)),
  )
}
