/**
 * Products of matrices, `C[m, n] = sum over k of A[m, k] B[k, n]`, every element summed over k in order, so that a number
 * depends neither on its tile nor on the rows beside it.
 *
 * Each invocation holds a square of C in registers. Workgroups either share tiles of both factors in workgroup memory, or, without
 * barriers, read them directly: then reading is what is dear, and the squares are larger.
 */
import { type Access, type CallSize, type Dispatch, dispatch, type Grid, type Parts, type Setting } from "./kernel.ts"

/** `call.rows`, or a number. */
export type Extent = number | "call.rows"

/** A or B in memory: one of the two steps is 1. */
export interface Factor {
  readonly tensor: Access
  /** Elements from one row of A, or column of B, to the next. */
  readonly across: number
  /** Elements from one k to the next. */
  readonly along: number
  /** Its first element. */
  readonly from?: number
}

export interface Product {
  readonly label: string
  readonly tensors: Parts["tensors"]
  /** Rows of C, and columns. */
  readonly m: Extent
  readonly n: number
  /** Terms of the sum: a number, or `blocks` of the call's rows, each summed apart. */
  readonly k: number | "blocks"
  readonly a: Factor
  readonly b: Factor
  /** WGSL before the elements are stored, once an invocation. */
  readonly before?: string
  /** Stores `sum` at row `m` and column `n`; with `blocks` once for every block, to add it to what is there. */
  readonly store: (m: string, n: string, sum: string) => string
}

/** Of one way of reading the factors. */
interface Shape {
  /** Rows and columns of C that an invocation holds. */
  readonly square: number
  /** Invocations of a workgroup in each direction. */
  readonly side: number
}

/** Over workgroup memory; the depth of a tile, and one column more against conflicts of memory banks. */
const together: Shape = { square: 4, side: 16 }
const DEPTH = 16
const TILE = together.square * together.side
const PITCH = TILE + 1

/** 16 numbers read for 64 multiplications: twice as fast in software as 8 for 16. Workgroups are small, for there to be some for every core. */
const alone: Shape = { square: 8, side: 4 }

const upTo = (count: number): readonly number[] => Array.from({ length: count }, (_, i) => i)

const text = (extent: Extent): string => (typeof extent === "number" ? `${extent}u` : extent)

const gridOf =
  (m: Extent, n: number, tile: number): Grid =>
  ({ rows }: CallSize) => [Math.ceil(n / tile), Math.ceil((typeof m === "number" ? m : rows) / tile)]

/** WGSL of `index * step + from`. */
const place = (index: string, step: number, from = 0): string =>
  `${index}${step === 1 ? "" : ` * ${step}u`}${from === 0 ? "" : ` + ${from}u`}`

/** Where the rows of A and the columns of B begin that an invocation reads; once, before the loop. */
const begin = (name: string, index: string, most: Extent, { across, from }: Factor, square: number): string =>
  upTo(square)
    .map((i) => `let ${name}${i} = ${place(`min(${index} + ${i}u, ${text(most)} - 1u)`, across, from)};`)
    .join(" ")

/** Adds to `sum0`, ... over k from `first` to `end`, by reading both factors where they lie. */
const direct = ({ a, b }: Product, square: number): string => {
  const read = ({ tensor, along }: Factor, start: string) => tensor(`${start} + ${place("k", along)}`)
  const each = upTo(square)
  return `
    for (var k = first; k < end; k++) {
      ${each.map((c) => `let right${c} = ${read(b, `column${c}`)};`).join("\n      ")}
      ${each.map((r) => `let left${r} = ${read(a, `row${r}`)};`).join("\n      ")}
      ${each.flatMap((r) => each.map((c) => `sum${r}_${c} += left${r} * right${c};`)).join("\n      ")}
    }`
}

/** The same by tiles in workgroup memory; `mTile` and `nTile` are where C's tile begins. */
const tiled = ({ m, n, k, a, b }: Product, square: number): string => {
  const whole = typeof k === "number" && k % DEPTH === 0
  const deepest = whole ? "depth" : "min(depth, end - 1u)"
  const load = (into: string, { tensor, across, along, from }: Factor, first: string, most: Extent) => {
    const index = `min(${first} + across, ${text(most)} - 1u)`
    const value = tensor(`${place(index, across, from)} + ${place(deepest, along)}`)
    return `
      for (var e = linear; e < ${TILE * DEPTH}u; e += ${together.side ** 2}u) {
        let across = e ${along === 1 ? `/ ${DEPTH}u` : `% ${TILE}u`};
        let deep = e ${along === 1 ? `% ${DEPTH}u` : `/ ${TILE}u`};
        let depth = k0 + deep;
        ${into}[deep * ${PITCH}u + across] = ${whole ? value : `select(0.0f, ${value}, depth < end)`};
      }`
  }
  const each = upTo(square)
  return `
    for (var k0 = first; k0 < end; k0 += ${DEPTH}u) {
      workgroupBarrier();
      ${load("left", a, "mTile", m)}
      ${load("above", b, "nTile", n)}
      workgroupBarrier();
      for (var k = 0u; k < ${DEPTH}u; k++) {
        let at = k * ${PITCH}u;
        ${each.map((c) => `let right${c} = above[at + lid.x * ${square}u + ${c}u];`).join("\n        ")}
        ${each.map((r) => `let left${r} = left[at + lid.y * ${square}u + ${r}u];`).join("\n        ")}
        ${each.flatMap((r) => each.map((c) => `sum${r}_${c} += left${r} * right${c};`)).join("\n        ")}
      }
    }`
}

/** Stores what is inside of C. In software a loop over rows is compiled in a fraction of the time that so many statements take. */
const finish = ({ m, n, store }: Product, square: number, looped: boolean): string => {
  const each = upTo(square)
  const row = (r: string, sum: (c: number) => string) => `
    if (mAt + ${r} < ${text(m)}) {
      let m = mAt + ${r};
      ${each.map((c) => `if (nAt + ${c}u < ${n}u) { let n = nAt + ${c}u; ${store("m", "n", sum(c))} }`).join("\n      ")}
    }`
  if (!looped) return each.map((r) => row(`${r}u`, (c) => `sum${r}_${c}`)).join("")
  const inner = `array<f32, ${square}>`
  const rows = each.map((r) => `${inner}(${each.map((c) => `sum${r}_${c}`).join(", ")})`)
  return `
    var sums = array<${inner}, ${square}>(${rows.join(", ")});
    for (var r = 0u; r < ${square}u; r++) { ${row("r", (c) => `sums[r][${c}]`)} }`
}

export const product = (setting: Setting, parts: Product): Dispatch => {
  const { m, n, k, a, b, before = "" } = parts
  const shared = setting.kernels !== "independent"
  const { square, side } = shared ? together : alone
  const tile = square * side
  const each = upTo(square)
  const clear = each.flatMap((r) => each.map((c) => `var sum${r}_${c} = 0.0f;`)).join(" ")
  const work = `
    ${clear}
    ${shared ? tiled(parts, square) : direct(parts, square)}
    ${finish(parts, square, !shared)}`
  const R = setting.blockRows
  return dispatch(setting, {
    label: parts.label,
    tensors: parts.tensors,
    grid: gridOf(m, n, tile),
    workgroup: `${side}, ${side}`,
    outside: shared
      ? `var<workgroup> left: array<f32, ${DEPTH * PITCH}>;\nvar<workgroup> above: array<f32, ${DEPTH * PITCH}>;`
      : "",
    body: `
  let mTile = wid.y * ${tile}u;
  let nTile = wid.x * ${tile}u;
  let mAt = mTile + lid.y * ${square}u;
  let nAt = nTile + lid.x * ${square}u;
  ${
    shared
      ? `let linear = lid.y * ${side}u + lid.x;`
      : `if (mAt >= ${text(m)} || nAt >= ${n}u) { return; }
  ${begin("row", "mAt", m, a, square)}
  ${begin("column", "nAt", n, b, square)}`
  }
  ${before}
  ${
    k === "blocks"
      ? `for (var first = 0u; first < call.rows; first += ${R}u) {
    let end = min(first + ${R}u, call.rows);
    ${work}
  }`
      : `{
    let first = 0u;
    let end = ${k}u;
    ${work}
  }`
  }`,
  })
}
