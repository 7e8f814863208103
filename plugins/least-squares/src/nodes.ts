/**
 * A few modes that stand for all of them. Everything the descent does to a mode depends on its probability and its starting error alone, and both
 * are powers of its index: the sum over modes is a sum over the integers of a function that is smooth in ln i. The first modes are kept one by
 * one. The others are cut into blocks, short in ln i, and the sum over the integers of a block is replaced by the one over `points` Chebyshev
 * nodes (real-valued indices), with the weights that make it exact for polynomials of ln i up to degree points - 1.
 *
 * A mode decays as exp(-y), y = 2 gamma p n, so the hardest function is exp(-e^x) on a block of length `length` in x = ln p: with ten points on
 * a length of 1/2, interpolation errs by less than 2 (length / 4)^10 / 10! max |d^10 exp(-e^x) / dx^10| = 4e-12 (the maximum is 7,024). With the
 * powers of the index beside it, risks agree with the sum over every mode to 1e-9 (nodes.test.ts). 20,000 modes become some 230, and a million some 350.
 */
import { type Problem, validateProblem } from "./problem.ts"

export interface Nodes {
  /** lambda of each node. */
  readonly probability: Float64Array
  /** Squared error at the start. */
  readonly error: Float64Array
  /** How many modes a node stands for. */
  readonly weight: Float64Array
}

const points = 10
/** Of a block, in the logarithm of the probability, or of a third of the energy where that falls faster. */
const length = 0.5

/** Chebyshev nodes of the first kind in [-1, 1], and their barycentric weights. */
const angle = (j: number) => ((2 * j + 1) * Math.PI) / (2 * points)
const node = Float64Array.from({ length: points }, (_, j) => Math.cos(angle(j)))
const barycentric = Float64Array.from({ length: points }, (_, j) => (-1) ** j * Math.sin(angle(j)))

/** The nodes (indices) of the block of integers from `first` to `last`, and how many of these each stands for. */
const block = (first: number, last: number) => {
  const [low, high] = [Math.log(first - 0.5), Math.log(last + 0.5)]
  const weight = new Float64Array(points)
  const share = new Float64Array(points)
  for (let i = first; i <= last; i++) {
    const x = (2 * Math.log(i) - low - high) / (high - low)
    const hit = node.indexOf(x)
    if (hit >= 0) {
      weight[hit]! += 1
      continue
    }
    let total = 0
    for (let j = 0; j < points; j++) {
      share[j] = barycentric[j]! / (x - node[j]!)
      total += share[j]!
    }
    for (let j = 0; j < points; j++) weight[j]! += share[j]! / total
  }
  return { index: node.map((x) => Math.exp((low + high + x * (high - low)) / 2)), weight }
}

/** Indices of modes, not always whole, and how many each stands for. */
const indices = ({
  a,
  b,
  modes,
}: Problem): { readonly index: ReadonlyArray<number>; readonly weight: ReadonlyArray<number> } => {
  const ratio = Math.exp(length / Math.max(a, b / 3))
  const [index, weight]: [Array<number>, Array<number>] = [[], []]
  for (let first = 1; first <= modes; ) {
    const last = Math.min(modes, Math.floor(first * ratio))
    // A block with few more integers than points is not worth it.
    if (last - first < 2 * points) {
      index.push(first)
      weight.push(1)
      first += 1
    } else {
      const found = block(first, last)
      index.push(...found.index)
      weight.push(...found.weight)
      first = last + 1
    }
  }
  return { index, weight }
}

/** @throws {ProblemError} naming the field that is out of range */
export const nodesOf = (problem: Problem): Nodes => {
  validateProblem(problem)
  const { a, b, signal } = problem
  const { index, weight } = indices(problem)
  const power = (exponent: number) => {
    const values = Float64Array.from(index, (i) => i ** -exponent)
    const sum = values.reduce((total, value, j) => total + weight[j]! * value, 0)
    return values.map((value) => value / sum)
  }
  const probability = power(a)
  return {
    probability,
    error: power(b).map((energy, j) => (signal * energy) / probability[j]!),
    weight: Float64Array.from(weight),
  }
}
