/** How numbers of devices are judged: normwise, per tensor, against the float64 reference. */
import type { Precision, Training } from "@ts/program"

export type Numbers = Float32Array | Float64Array

/** Largest |x - ref| / |ref| of a tensor. */
export const tolerances: Readonly<Record<Precision, number>> = { f64: 1e-11, f32: 1e-5, bf16: 1e-2, f16: 1e-2 }

/** Tensors whose norm is below this part of the global one are left out: a key bias has gradient zero. */
export const negligible = 1e-6

export const norm = (values: ArrayLike<number>): number => {
  let sum = 0
  for (let i = 0; i < values.length; i++) sum += values[i] ** 2
  return Math.sqrt(sum)
}

/** |x - ref| / |ref|; NaN where either is, infinite for different lengths or anything against zero. */
export const distance = (x: ArrayLike<number>, reference: ArrayLike<number>): number => {
  if (x.length !== reference.length) return Number.POSITIVE_INFINITY
  let sum = 0
  for (let i = 0; i < x.length; i++) sum += (x[i] - reference[i]) ** 2
  return sum === 0 ? 0 : Math.sqrt(sum) / norm(reference)
}

/** Two sets of tensors by name; `floor` is the norm below which a tensor is left out. Returns a line per fault. */
export const faults = (
  got: ReadonlyMap<string, Numbers>,
  reference: ReadonlyMap<string, Numbers>,
  tolerance: number,
  floor = 0,
): string[] => {
  const lines: string[] = []
  for (const [name, expected] of reference) {
    const size = norm(expected)
    if (size < floor) continue
    const error = distance(got.get(name) ?? [], expected)
    if (!(error <= tolerance)) lines.push(`${name}: |x - ref| / |ref| = ${error.toExponential(2)}, |ref| = ${size}`)
  }
  return lines
}

/** Norm of all tensors together. */
export const globalNorm = (tensors: Iterable<Numbers>): number => norm([...tensors].map(norm))

/** Whether two sets of numbers are the same bit for bit; the name of the first that is not. */
export const firstDifference = (
  a: ReadonlyMap<string, Numbers>,
  b: ReadonlyMap<string, Numbers>,
): string | undefined => {
  for (const [name, values] of a) {
    const other = b.get(name)
    if (other?.length !== values.length) return name
    for (let i = 0; i < values.length; i++) if (!Object.is(values[i], other[i])) return `${name}[${i}]`
  }
  return undefined
}

/** Names of buffers by storage. */
export const namesOf = (training: Training, ...storages: readonly Training["buffers"][number]["storage"][]): string[] =>
  training.buffers.filter(({ storage }) => storages.includes(storage)).map(({ name }) => name)
