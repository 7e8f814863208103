/**
 * Sums down columns, for gradients of biases and gains: of every block apart, then from left to right onto what is
 * there. So a batch may be cut anywhere between blocks without changing a bit.
 */
import type { Place } from "../layout.ts"
import { type Dispatch, dispatch, type Setting, threads } from "./kernel.ts"

export interface ColumnSums {
  readonly label: string
  readonly width: number
  readonly tensors: Readonly<Record<string, Place | undefined>>
  /** What is summed, by the place it is added to: WGSL of row `n` and column `i`. */
  readonly terms: readonly { readonly value: string; readonly target: Place | undefined }[]
  /** WGSL that comes before the terms, for each row. */
  readonly each?: string
  /** Holds the blocks' sums: [blocks][terms][width]. */
  readonly scratch: Place
}

/** Floats of scratch that a lane needs for so many blocks. */
export const columnScratch = (blocks: number, terms: number, width: number): number => blocks * terms * width

export const columnSums = (
  setting: Setting,
  { label, width, tensors, terms, each = "", scratch }: ColumnSums,
): Dispatch[] => {
  const wanted = terms.filter((term): term is { value: string; target: Place } => term.target !== undefined)
  if (wanted.length === 0) return []
  const R = setting.blockRows
  const pitch = wanted.length * width
  const partial = dispatch(setting, {
    label: `${label}, blocks`,
    tensors: { ...tensors, scratch },
    grid: threads(({ rows }) => Math.ceil(rows / R) * width),
    body: `
  let block = thread / ${width}u;
  let i = thread % ${width}u;
  let first = block * ${R}u;
  if (first >= call.rows) { return; }
  ${wanted.map((_, k) => `var sum${k} = 0.0f;`).join(" ")}
  for (var n = first; n < min(first + ${R}u, call.rows); n++) {
    ${each}
    ${wanted.map(({ value }, k) => `sum${k} += ${value};`).join(" ")}
  }
  ${wanted.map((_, k) => `scratch[scratchAt + block * ${pitch}u + ${k * width}u + i] = sum${k};`).join("\n  ")}`,
  })
  const finish = wanted.map(({ target }, k) =>
    dispatch(setting, {
      label: `${label}, sum`,
      tensors: { scratch, sums: target },
      grid: threads(() => width),
      body: `
  if (thread >= ${width}u) { return; }
  var sum = sums[sumsAt + thread];
  for (var block = 0u; block * ${R}u < call.rows; block++) {
    sum += scratch[scratchAt + block * ${pitch}u + ${k * width}u + thread];
  }
  sums[sumsAt + thread] = sum;`,
    }),
  )
  return [partial, ...finish]
}
