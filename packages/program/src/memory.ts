/**
 * Where activations lie: buffers that are never alive together share memory.
 *
 * Greedy by size with best fit (Pisarchyk & Lee 2020, "Efficient Memory Management for Deep Neural Net
 * Inference", algorithm 3), in a few orders (largest first, longest-lived largest first, by first or last use), of
 * which the best is taken.
 */
import { type Buffer, elements, type Op } from "./Program.ts"

export interface MemoryOptions {
  /** Tokens of a micro-batch. */
  readonly rows: number
  /** Activations that must survive the call, e.g. the loss. */
  readonly keep?: readonly string[]
  /** Every offset is a multiple of this many elements; 1 by default. */
  readonly alignment?: number
}

export interface MemoryPlan {
  /** First element, by activation; activations that the operations do not use are absent. */
  readonly offsets: Readonly<Record<string, number>>
  /** Elements of every buffer, activation or not, for `rows` tokens; unpadded. */
  readonly sizes: Readonly<Record<string, number>>
  /** Elements that the activations need in all. */
  readonly total: number
  /** Most elements alive at one operation, each buffer padded to the alignment: no plan needs less. */
  readonly lowerBound: number
}

/** The operations, first and last, between which a buffer is alive. */
export interface Lifetime {
  readonly first: number
  readonly last: number
}

/** Lifetimes of activations, as places in the list of operations; both ends belong to it. */
export const lifetimes = (
  ops: readonly Op[],
  buffers: readonly Buffer[],
  keep: readonly string[] = [],
): ReadonlyMap<string, Lifetime> => {
  const activations = new Set(buffers.filter(({ storage }) => storage === "activation").map(({ name }) => name))
  const result = new Map<string, Lifetime>()
  ops.forEach((op, index) => {
    for (const name of [...Object.values(op.inputs), ...Object.values(op.outputs)]) {
      if (activations.has(name)) result.set(name, { first: result.get(name)?.first ?? index, last: index })
    }
  })
  for (const name of keep) {
    const lifetime = result.get(name)
    if (lifetime !== undefined) result.set(name, { ...lifetime, last: ops.length - 1 })
  }
  return result
}

type Living = readonly [name: string, lifetime: Lifetime]

/** One after the other, each into the tightest gap between those it lives with, else after them. */
const place = (living: readonly Living[], padded: (name: string) => number) => {
  const placed: { readonly start: number; readonly end: number; readonly lifetime: Lifetime }[] = []
  const offsets: Record<string, number> = {}
  let total = 0
  for (const [name, lifetime] of living) {
    const size = padded(name)
    const neighbours = placed
      .filter((other) => other.lifetime.first <= lifetime.last && lifetime.first <= other.lifetime.last)
      .sort((a, b) => a.start - b.start)
    let best: number | undefined
    let tightest = Number.POSITIVE_INFINITY
    let free = 0
    for (const { start, end } of neighbours) {
      const gap = start - free
      if (gap >= size && gap < tightest) {
        best = free
        tightest = gap
      }
      free = Math.max(free, end)
    }
    const offset = best ?? free
    offsets[name] = offset
    placed.push({ start: offset, end: offset + size, lifetime })
    total = Math.max(total, offset + size)
  }
  return { offsets, total }
}

/** Places the activations of one program for `rows` tokens. */
export const planMemory = (
  ops: readonly Op[],
  buffers: readonly Buffer[],
  { rows, keep = [], alignment = 1 }: MemoryOptions,
): MemoryPlan => {
  const sizes = Object.fromEntries(
    buffers.map((buffer) => [buffer.name, elements(buffer) * (buffer.perToken ? rows : 1)]),
  )
  const padded = (name: string) => Math.ceil(sizes[name] / alignment) * alignment
  const alive = lifetimes(ops, buffers, keep)

  const area = ([name, { first, last }]: Living) => padded(name) * (last - first + 1)
  const orders: ((a: Living, b: Living) => number)[] = [
    ([a], [b]) => padded(b) - padded(a),
    (a, b) => area(b) - area(a),
    ([a, one], [b, other]) => one.first - other.first || padded(b) - padded(a),
    ([a, one], [b, other]) => other.last - one.last || padded(b) - padded(a),
  ]
  const { offsets, total } = orders
    .map((order) => place([...alive].sort(order), padded))
    .reduce((best, plan) => (plan.total < best.total ? plan : best))

  let lowerBound = 0
  for (let index = 0; index < ops.length; index++) {
    let live = 0
    for (const [name, { first, last }] of alive) if (first <= index && index <= last) live += padded(name)
    lowerBound = Math.max(lowerBound, live)
  }
  return { offsets, sizes, total, lowerBound }
}
