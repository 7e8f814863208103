import type { Place } from "../layout.ts"
import { columnSums } from "./columns.ts"
import { type Dispatch, type Setting, scaleOf } from "./kernel.ts"
import { product } from "./product.ts"

export interface LinearSize {
  readonly inputs: number
  readonly outputs: number
}

/** `y = scale * (x weight^T + bias) + residual`. */
export const linear = (
  setting: Setting,
  { inputs, outputs }: LinearSize,
  scale: string | undefined,
  tensors: {
    readonly x: Place
    readonly weight: Place
    readonly bias: Place | undefined
    readonly residual: Place | undefined
    readonly y: Place
  },
): Dispatch => {
  const bias = (sum: string, n: string) => (tensors.bias === undefined ? sum : `(${sum} + bias[biasAt + ${n}])`)
  const residual = (at: string) => (tensors.residual === undefined ? "" : ` + residual[residualAt + ${at}]`)
  return product(setting, {
    label: "linear",
    tensors,
    m: "call.rows",
    n: outputs,
    k: inputs,
    a: (m, k) => `x[xAt + ${m} * ${inputs}u + ${k}]`,
    b: (k, n) => `weight[weightAt + ${n} * ${inputs}u + ${k}]`,
    aAlongK: true,
    bAlongK: true,
    before: `let factor = ${scaleOf(setting, scale)};`,
    store: (m, n, sum) =>
      `y[yAt + ${m} * ${outputs}u + ${n}] = factor * ${bias(sum, n)}${residual(`${m} * ${outputs}u + ${n}`)};`,
  })
}

export const linearBackward = (
  setting: Setting,
  { inputs, outputs }: LinearSize,
  scale: string | undefined,
  adds: boolean,
  tensors: {
    readonly dy: Place
    readonly x: Place
    readonly weight: Place
    readonly dx: Place | undefined
    readonly dweight: Place
    readonly dbias: Place | undefined
    readonly scratch: Place
  },
): Dispatch[] => {
  const { dy, x, weight, dx, dweight, dbias, scratch } = tensors
  const before = `let factor = ${scaleOf(setting, scale)};`
  const dyAt = (row: string, column: string) => `dy[dyAt + ${row} * ${outputs}u + ${column}]`
  const toInput = (place: Place) =>
    product(setting, {
      label: "linear_backward, dx",
      tensors: { dy, weight, dx: place },
      m: "call.rows",
      n: inputs,
      k: outputs,
      a: dyAt,
      b: (k, n) => `weight[weightAt + ${k} * ${inputs}u + ${n}]`,
      aAlongK: true,
      bAlongK: false,
      before,
      store: (m, n, sum) => {
        const at = `dx[dxAt + ${m} * ${inputs}u + ${n}]`
        return `${at} = ${adds ? `${at} + ` : ""}factor * ${sum};`
      },
    })
  const toWeight = product(setting, {
    label: "linear_backward, dweight",
    tensors: { dy, x, dweight },
    m: outputs,
    n: inputs,
    k: "blocks",
    a: (m, k) => dyAt(k, m),
    b: (k, n) => `x[xAt + ${k} * ${inputs}u + ${n}]`,
    aAlongK: false,
    bAlongK: false,
    before,
    start: (m, n) => `dweight[dweightAt + ${m} * ${inputs}u + ${n}]`,
    factor: "factor",
    store: (m, n, sum) => `dweight[dweightAt + ${m} * ${inputs}u + ${n}] = ${sum};`,
  })
  const toBias = columnSums(setting, {
    label: "linear_backward, dbias",
    width: outputs,
    tensors: { dy },
    terms: [{ value: `${scaleOf(setting, scale)} * ${dyAt("n", "i")}`, target: dbias }],
    scratch,
  })
  return [...(dx === undefined ? [] : [toInput(dx)]), toWeight, ...toBias]
}
