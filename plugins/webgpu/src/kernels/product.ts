/**
 * Products of matrices, `C[m, n] = sum over k of A[m, k] B[k, n]`, every element summed over k in order, so that a number
 * depends neither on its tile nor on the rows beside it.
 *
 * Each invocation holds 4 x 4 elements in registers. Workgroups either share tiles of both factors in workgroup memory,
 * or, without barriers, read them directly.
 */
import { type CallSize, type Dispatch, dispatch, type Grid, type Parts, type Setting } from "./kernel.ts"

/** An index in WGSL, or a size known beforehand. */
export type Extent = number | string

export interface Product {
  readonly label: string
  readonly tensors: Parts["tensors"]
  /** Rows of C: `call.rows` or a number; columns. */
  readonly m: Extent
  readonly n: number
  /** Terms of the sum: a number, or `blocks` of the call's rows, each summed apart. */
  readonly k: number | "blocks"
  /** WGSL of an element of A and of B. */
  readonly a: (m: string, k: string) => string
  readonly b: (k: string, n: string) => string
  /** Neighbours in memory are neighbours in k: how tiles are read. */
  readonly aAlongK: boolean
  readonly bAlongK: boolean
  /** WGSL before the elements are stored, once an invocation. */
  readonly before?: string
  /** Stores `sum` at row `m` and column `n`; with `blocks` the element, to be added to, is `start`. */
  readonly store: (m: string, n: string, sum: string) => string
  /** With `blocks`: what an element begins with, and the factor of every block's sum. */
  readonly start?: (m: string, n: string) => string
  readonly factor?: string
}

const TILE = 64
const DEPTH = 16
/** One column more, against conflicts of memory banks. */
const PITCH = TILE + 1
const four = [0, 1, 2, 3] as const

const text = (extent: Extent): string => (typeof extent === "number" ? `${extent}u` : extent)

const gridOf =
  (m: Extent, n: number, tile: number): Grid =>
  ({ rows }: CallSize) => [Math.ceil(n / tile), Math.ceil((typeof m === "number" ? m : rows) / tile)]

/** The sums `sum0` to `sum3` over k from `first` to `end`, by reading both factors where they lie. */
const direct = ({ a, b }: Product): string => `
    for (var k = first; k < end; k++) {
      let right = vec4<f32>(${four.map((c) => b("k", `n${c}`)).join(", ")});
      ${four.map((r) => `sum${r} += ${a(`m${r}`, "k")} * right;`).join("\n      ")}
    }`

/** The same by tiles in workgroup memory; `mTile` and `nTile` are where C's tile begins. */
const tiled = ({ m, n, k, a, b, aAlongK, bAlongK }: Product): string => {
  const whole = typeof k === "number" && k % DEPTH === 0
  const guarded = (value: string) => (whole ? value : `select(0.0f, ${value}, depth < end)`)
  const load = (into: string, alongK: boolean, value: string) => `
      for (var e = linear; e < ${TILE * DEPTH}u; e += 256u) {
        let across = e ${alongK ? `/ ${DEPTH}u` : `% ${TILE}u`};
        let deep = e ${alongK ? `% ${DEPTH}u` : `/ ${TILE}u`};
        let depth = k0 + deep;
        ${into}[deep * ${PITCH}u + across] = ${guarded(value)};
      }`
  const clamp = (what: string, most: Extent) => `min(${what}, ${text(most)} - 1u)`
  const deepest = whole ? "depth" : "min(depth, end - 1u)"
  return `
    for (var k0 = first; k0 < end; k0 += ${DEPTH}u) {
      workgroupBarrier();
      ${load("left", aAlongK, a(clamp("(mTile + across)", m), deepest))}
      ${load("above", bAlongK, b(deepest, clamp("(nTile + across)", n)))}
      workgroupBarrier();
      for (var k = 0u; k < ${DEPTH}u; k++) {
        let at = k * ${PITCH}u;
        let right = vec4<f32>(${four.map((c) => `above[at + lid.x * 4u + ${c}u]`).join(", ")});
        ${four.map((r) => `sum${r} += left[at + lid.y * 4u + ${r}u] * right;`).join("\n        ")}
      }
    }`
}

export const product = (setting: Setting, parts: Product): Dispatch => {
  const { m, n, k, before = "", store, start, factor } = parts
  const shared = setting.kernels !== "independent"
  const tile = shared ? TILE : 32
  const loop = shared ? tiled(parts) : direct(parts)
  const clear = four.map((r) => `sum${r} = vec4<f32>();`).join(" ")
  const R = setting.blockRows
  const inside = (r: number, c: number, statement: string) =>
    `if (mAt + ${r}u < ${text(m)} && nAt + ${c}u < ${n}u) { ${statement} }`
  const elements = four.flatMap((r) => four.map((c) => [r, c] as const))
  const sums =
    k === "blocks"
      ? `
  ${four.map((r) => `var total${r} = vec4<f32>(${four.map((c) => start!(`m${r}`, `n${c}`)).join(", ")});`).join("\n  ")}
  for (var first = 0u; first < call.rows; first += ${R}u) {
    let end = min(first + ${R}u, call.rows);
    ${clear}
    ${loop}
    ${four.map((r) => `total${r} += ${factor} * sum${r};`).join("\n    ")}
  }`
      : `
  {
    let first = 0u;
    let end = ${k}u;
    ${loop}
  }
  ${four.map((r) => `let total${r} = sum${r};`).join("\n  ")}`
  return dispatch(setting, {
    label: parts.label,
    tensors: parts.tensors,
    grid: gridOf(m, n, tile),
    workgroup: shared ? "16, 16" : "8, 8",
    outside: shared
      ? `var<workgroup> left: array<f32, ${DEPTH * PITCH}>;\nvar<workgroup> above: array<f32, ${DEPTH * PITCH}>;`
      : "",
    body: `
  let mTile = wid.y * ${tile}u;
  let nTile = wid.x * ${tile}u;
  let mAt = mTile + lid.y * 4u;
  let nAt = nTile + lid.x * 4u;
  ${shared ? "let linear = lid.y * 16u + lid.x;" : ""}
  ${four.map((r) => `let m${r} = min(mAt + ${r}u, ${text(m)} - 1u);`).join(" ")}
  ${four.map((c) => `let n${c} = min(nAt + ${c}u, ${n - 1}u);`).join(" ")}
  ${four.map((r) => `var sum${r} = vec4<f32>();`).join(" ")}
  ${before}
  ${sums}
  ${elements.map(([r, c]) => inside(r, c, store(`m${r}`, `n${c}`, `total${r}[${c}]`))).join("\n  ")}`,
  })
}
