import type { Part, Place } from "../layout.ts"
import { columnSums } from "./columns.ts"
import { access, type Dispatch, type Setting, scaleOf } from "./kernel.ts"
import { product } from "./product.ts"

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
      a: (m, k) => x(`${m} * ${inputs}u + ${k}`),
      b: (k, n) => weight(`${n} * ${inputs}u + ${k}`),
      aAlongK: true,
      bAlongK: true,
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
  const dyAt = (row: string, column: string) => access({ dy }).dy(`${row} * ${outputs}u + ${column}`)
  const ofPart = ({ firstRow }: Part, row: string, column: string) =>
    dyAt(row, firstRow === 0 ? column : `${firstRow}u + ${column}`)
  const toInput = (into: Place) =>
    weight.map((part, i) => {
      const places = { dy, weight: part.place, dx: into }
      const of = access(places)
      return product(setting, {
        label: "linear_backward, dx",
        tensors: places,
        m: "call.rows",
        n: inputs,
        k: part.rows,
        a: (row, column) => ofPart(part, row, column),
        b: (k, n) => of.weight(`${k} * ${inputs}u + ${n}`),
        aAlongK: true,
        bAlongK: false,
        before,
        store: (m, n, sum) => of.dx.set(`${m} * ${inputs}u + ${n}`, `factor * ${sum}`, adds || i > 0),
      })
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
      a: (m, k) => ofPart(part, k, m),
      b: (k, n) => of.x(`${k} * ${inputs}u + ${n}`),
      aAlongK: false,
      bAlongK: false,
      before,
      start: (m, n) => of.dweight(`${m} * ${inputs}u + ${n}`),
      factor: "factor",
      store: (m, n, sum) => of.dweight.set(`${m} * ${inputs}u + ${n}`, sum),
    })
  })
  const toBias = columnSums(setting, {
    label: "linear_backward, dbias",
    width: outputs,
    tensors: { dy },
    terms: [{ value: `${scaleOf(setting, scale)} * ${dyAt("n", "i")}`, target: dbias }],
    scratch,
  })
  return [...(dx === undefined ? [] : toInput(dx)), ...toWeight, ...toBias]
}
