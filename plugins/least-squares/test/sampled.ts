/** The same descent, sample by sample: mean excess risks of many repeats, with their standard errors. */
import { random, sequence } from "@ts/random"
import type { Segment } from "../src/moments.ts"
import { modesOf, type Problem } from "../src/problem.ts"

/** What is averaged: iterates after step `from`, alike or exponentially forgotten. */
export interface Averaged {
  readonly from: number
  readonly decay?: number
}

export interface Sampled {
  readonly mean: number
  readonly error: number
}

/** Risks of the last iterate, then of the averages in order. */
export const sampled = (
  problem: Problem,
  segments: ReadonlyArray<Segment>,
  averages: ReadonlyArray<Averaged>,
  repeats: number,
): ReadonlyArray<Sampled> => {
  const { probability, error } = modesOf(problem)
  const n = probability.length
  const cumulative = [...probability].map((_, i) => probability.slice(0, i + 1).reduce((x, y) => x + y, 0))
  const draws = sequence(random(3, "sampled descent"))
  const sums = [0, ...averages].map(() => ({ sum: 0, squares: 0 }))
  const [e, move] = [new Float64Array(n), new Float64Array(n)]
  for (let k = 0; k < repeats; k++) {
    for (let i = 0; i < n; i++) e[i] = Math.sqrt(error[i]!)
    const held = averages.map(() => new Float64Array(n))
    let taken = 0
    for (const { steps, gamma, batch } of segments) {
      for (let t = 0; t < steps; t++) {
        taken++
        move.fill(0)
        for (let j = 0; j < batch; j++) {
          const u = draws.next()
          let i = 0
          while (i < n - 1 && u >= cumulative[i]!) i++
          move[i]! += (e[i]! - problem.sigma * draws.normal()) / batch
        }
        for (let i = 0; i < n; i++) e[i]! -= gamma * move[i]!
        averages.forEach(({ from, decay }, a) => {
          if (taken <= from) return
          const s = held[a]!
          for (let i = 0; i < n; i++) s[i] = decay === undefined ? s[i]! + e[i]! : decay * s[i]! + (1 - decay) * e[i]!
        })
      }
    }
    const add = (which: number, v: Float64Array, mass: number) => {
      const risk = v.reduce((sum, x, i) => sum + probability[i]! * (x / mass) ** 2, 0)
      sums[which]!.sum += risk
      sums[which]!.squares += risk * risk
    }
    add(0, e, 1)
    averages.forEach(({ from, decay }, a) => {
      add(a + 1, held[a]!, decay === undefined ? taken - from : 1 - decay ** (taken - from))
    })
  }
  return sums.map(({ sum, squares }) => {
    const mean = sum / repeats
    return { mean, error: Math.sqrt((squares / repeats - mean * mean) / (repeats - 1)) }
  })
}
