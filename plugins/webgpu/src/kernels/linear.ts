import type { Part, Place } from "../layout.ts"
import { columnSums } from "./columns.ts"
import { access, type Dispatch, type Setting, scaleOf } from "./kernel.ts"
import { product } from "./product.ts"

/**
 * Rows of a weight that the gradient of the inputs sums over as one, from left to right: so a weight may be cut between such blocks
 * without changing a bit.
 */
export const BLOCK_ROWS = 2048

/** Blocks of a part: the first row of each within the part, and their rows. */
const blocksOf = ({ rows }: Part) =>
  Array.from({ length: Math.ceil(rows / BLOCK_ROWS) }, (_, i) => ({
    first: i * BLOCK_ROWS,
    rows: Math.min(BLOCK_ROWS, rows - i * BLOCK_ROWS),
  }))

export interface LinearSize {
  readonly inputs: number
  readonly outputs: number
}

/** `y = scale * (x weight^T + bias) + residual`: columns of y by the part of the weight that makes them. */
export const linear = (
  setting: Setting,
  { inputs, outputs }: LinearSize,
  scale: string | undefined,
  tensors: {
    readonly x: Place
    readonly weight: readonly Part[]
    readonly bias: Place | undefined
    readonly residual: Place | undefined
    readonly y: Place
  },
): Dispatch[] =>
  tensors.weight.map(({ place, firstRow, rows }) => {
    const places = { ...tensors, weight: place }
    const { x, weight, bias, residual, y } = access(places)
    const column = (n: string) => (firstRow === 0 ? n : `${firstRow}u + ${n}`)
    return product(setting, {
      label: "linear",
      tensors: places,
      m: "call.rows",
      n: rows,
      k: inputs,
      a: { tensor: x, across: inputs, along: 1 },
      b: { tensor: weight, across: inputs, along: 1 },
      before: `let factor = ${scaleOf(setting, scale)};`,
      store: (m, n, sum) => {
        const at = `${m} * ${outputs}u + ${column(n)}`
        const biased = tensors.bias === undefined ? sum : `(${sum} + ${bias(column(n))})`
        return y.set(at, `factor * ${biased}${tensors.residual === undefined ? "" : ` + ${residual(at)}`}`)
      },
    })
  })

export const linearBackward = (
  setting: Setting,
  { inputs, outputs }: LinearSize,
  scale: string | undefined,
  adds: boolean,
  tensors: {
    readonly dy: Place
    readonly x: Place
    readonly weight: readonly Part[]
    readonly dx: Place | undefined
    readonly dweight: readonly Part[]
    readonly dbias: Place | undefined
    readonly scratch: Place
  },
): Dispatch[] => {
  const { dy, x, weight, dx, dweight, dbias, scratch } = tensors
  const before = `let factor = ${scaleOf(setting, scale)};`
  const toInput = (into: Place) =>
    weight.flatMap((part, i) => {
      const places = { dy, weight: part.place, dx: into }
      const of = access(places)
      return blocksOf(part).map(({ first, rows }) =>
        product(setting, {
          label: "linear_backward, dx",
          tensors: places,
          m: "call.rows",
          n: inputs,
          k: rows,
          a: { tensor: of.dy, across: outputs, along: 1, from: part.firstRow + first },
          b: { tensor: of.weight, across: 1, along: inputs, from: first * inputs },
          before,
          store: (m, n, sum) => of.dx.set(`${m} * ${inputs}u + ${n}`, `factor * ${sum}`, adds || i > 0 || first > 0),
        }),
      )
    })
  const toWeight = dweight.map((part) => {
    const places = { dy, x, dweight: part.place }
    const of = access(places)
    return product(setting, {
      label: "linear_backward, dweight",
      tensors: places,
      m: part.rows,
      n: inputs,
      k: "blocks",
      a: { tensor: of.dy, across: 1, along: outputs, from: part.firstRow },
      b: { tensor: of.x, across: 1, along: inputs },
      before,
      store: (m, n, sum) => of.dweight.set(`${m} * ${inputs}u + ${n}`, `factor * ${sum}`, true),
    })
  })
  const toBias = columnSums(setting, {
    label: "linear_backward, dbias",
    width: outputs,
    tensors: { dy },
    terms: [{ value: `${scaleOf(setting, scale)} * ${access({ dy }).dy(`n * ${outputs}u + i`)}`, target: dbias }],
    scratch,
  })
  return [...(dx === undefined ? [] : toInput(dx)), ...toWeight, ...toBias]
}
