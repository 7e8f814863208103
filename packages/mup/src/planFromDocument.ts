import { checkFlag, checkOneOf, checkSize } from "./check.ts"
import { MupError } from "./MupError.ts"
import type { Parametrisation, Shape } from "./Parametrisation.ts"
import { type Plan, plan } from "./plan.ts"
import { type Role, roles, type TensorShape } from "./TensorShape.ts"

type Fields = Readonly<Record<string, unknown>>

/** What a command line may say on top of the document; each wins over the document's own. */
export interface DocumentOverrides {
  readonly shape?: Partial<Shape>
  readonly parametrisation?: Partial<Parametrisation>
}

/**
 * The plan of a model described by a JSON document (parsed, unchecked):
 *
 * ```json
 * { "version": 1,
 *   "shape": { "width": 1024, "depth": 24, "headSize": 64, "baseWidth": 256 },
 *   "parametrisation": { "kind": "mup" },
 *   "tensors": [
 *     { "name": "wte.weight", "shape": [50257, 1024], "layout": "in-out", "role": "input" },
 *     { "name": "up.weight", "shape": [4096, 1024], "role": "hidden", "block": true, "baseShape": [1024, 256] },
 *     { "name": "norm.weight", "shape": [1024], "role": "vector", "constant": 1 } ] }
 * ```
 *
 * - `shape` is torch's, [out, in] and further kernel dimensions that count as fan-in; `layout: "in-out"` for tables such as
 *   `nn.Embedding`. Vectors have one dimension.
 * - `baseShape` defaults to `shape` with its width dimensions (by role) times baseWidth / width; give it for a vector that is
 *   no width, such as the bias of a readout.
 * - `baseDepth` defaults to depth, `baseHeadSize` to headSize (head size held fixed), `parametrisation` to muP.
 *
 * @throws MupError naming the field, its value and the way out; unknown fields are refused.
 */
export const planFromDocument = (document: unknown, overrides: DocumentOverrides = {}): Plan => {
  const top = readObject("document", document, ["version", "shape", "parametrisation", "tensors"])
  if (top["version"] !== undefined && top["version"] !== 1) {
    throw new MupError("document.version", top["version"], "is not known here", "use version 1, or a newer release")
  }
  const shape = readShape({ ...readObject("document.shape", top["shape"] ?? {}, shapeFields), ...overrides.shape })
  const rules = readObject("document.parametrisation", top["parametrisation"] ?? {}, parametrisationFields)
  const parametrisation = { kind: "mup", ...rules, ...overrides.parametrisation } as Parametrisation // plan() checks it
  if (!Array.isArray(top["tensors"]) || top["tensors"].length === 0) {
    throw new MupError("document.tensors", top["tensors"], "is not a list of tensors", "give at least one tensor")
  }
  const tensors = top["tensors"].map((entry, index) => readTensor(entry, `document.tensors[${index}]`, shape))
  return plan(parametrisation, shape, tensors)
}

const shapeFields = ["width", "depth", "headSize", "baseWidth", "baseDepth", "baseHeadSize"] as const
const parametrisationFields = [
  ...(["kind", "baseWidth", "baseDepth", "alpha", "alphaInput", "alphaOutput"] as const),
  ...(["residualInitDivision", "decayVectors", "standardInit"] as const),
]
const tensorFields = [
  "name",
  "role",
  "shape",
  "baseShape",
  "layout",
  "residual",
  "block",
  "constant",
  "baseStd",
] as const

const readObject = (field: string, value: unknown, allowed: readonly string[]): Fields => {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw new MupError(field, value, "is not an object", `give an object with ${allowed.join(", ")}`)
  }
  for (const key of Object.keys(value)) {
    if (!allowed.includes(key)) {
      throw new MupError(`${field}.${key}`, (value as Fields)[key], "is not known", `known are ${allowed.join(", ")}`)
    }
  }
  return value as Fields
}

const readShape = (fields: Fields): Shape => {
  const size = (key: keyof Shape, fallback?: number) => checkSize(`document.shape.${key}`, fields[key] ?? fallback)
  const depth = size("depth")
  const headSize = size("headSize")
  return {
    width: size("width"),
    depth,
    headSize,
    baseWidth: size("baseWidth"),
    baseDepth: size("baseDepth", depth),
    baseHeadSize: size("baseHeadSize", headSize),
  }
}

const readTensor = (entry: unknown, field: string, model: Shape): TensorShape => {
  const t = readObject(field, entry, tensorFields)
  const role = checkOneOf(`${field}.role`, t["role"], roles)
  const layout = checkOneOf(`${field}.layout`, t["layout"] ?? "out-in", ["out-in", "in-out"])
  const [fanOut, fanIn] = fans(`${field}.shape`, t["shape"], role, layout)
  const [baseFanOut, baseFanIn] =
    t["baseShape"] === undefined
      ? [
          role === "output" ? fanOut : scaled(`${field}.shape`, fanOut, model),
          role === "hidden" || role === "output" ? scaled(`${field}.shape`, fanIn, model) : fanIn,
        ]
      : fans(`${field}.baseShape`, t["baseShape"], role, layout)
  return {
    name: t["name"] as string, // plan() checks the rest
    role,
    fanIn,
    fanOut,
    baseFanIn,
    baseFanOut,
    ...(t["residual"] === undefined ? {} : { residual: checkFlag(`${field}.residual`, t["residual"]) }),
    ...(t["block"] === undefined ? {} : { block: checkFlag(`${field}.block`, t["block"]) }),
    ...(t["constant"] === undefined ? {} : { constant: t["constant"] as number }),
    ...(t["baseStd"] === undefined ? {} : { baseStd: t["baseStd"] as number }),
  }
}

/** [fan-out, fan-in] of a tensor's dimensions. */
const fans = (field: string, value: unknown, role: Role, layout: "out-in" | "in-out"): [number, number] => {
  const wanted = role === "vector" ? "one dimension" : layout === "in-out" ? "two dimensions" : "two or more dimensions"
  const fits = (n: number) => (role === "vector" ? n === 1 : layout === "in-out" ? n === 2 : n >= 2)
  if (!Array.isArray(value) || !fits(value.length)) {
    throw new MupError(
      field,
      value,
      `does not have the ${wanted} of ${role} tensors stored ${layout}`,
      `list ${wanted}`,
    )
  }
  const sizes = value.map((size, index) => checkSize(`${field}[${index}]`, size))
  if (role === "vector") return [sizes[0]!, 1]
  if (layout === "in-out") return [sizes[1]!, sizes[0]!]
  return [sizes[0]!, sizes.slice(1).reduce((a, b) => a * b, 1)]
}

const scaled = (field: string, size: number, { width, baseWidth }: Shape): number => {
  const base = (size * baseWidth) / width
  if (Number.isInteger(base)) return base
  throw new MupError(
    field,
    size,
    `times base width ${baseWidth} / width ${width} is no whole number`,
    'give the tensor\'s "baseShape"; if it is a table stored [in, out], also "layout": "in-out"',
  )
}
