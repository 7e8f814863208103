import type { PublishedAdvice, PublishedInput } from "@ts/fit"
import { significant } from "../format/error.ts"
import { power } from "../format/result.ts"

type Quantity = "eta" | "hiddenEta" | "batch" | "criticalBatch" | "weightDecay" | "timescale"

const rate = (x: number): string => x.toExponential(1)
const share = (x: number): string => significant(x, 2)

const quantities: ReadonlyArray<readonly [Quantity, string, (x: number) => string]> = [
  ["eta", "eta", rate],
  ["hiddenEta", "hidden matrices", rate],
  ["batch", "B", (x) => power.number(x)],
  ["criticalBatch", "B_crit", (x) => power.number(x)],
  ["weightDecay", "weight decay", share],
  ["timescale", "timescale", share],
]

/**
 * "eta = 7.7e-3, B = 2^20.3".
 *
 * @param ranges with what the published uncertainty leaves open
 */
export const saysText = (advice: PublishedAdvice, ranges = false): string =>
  quantities
    .flatMap(([quantity, name, write]) => {
      const value = advice[quantity]
      if (value === undefined) return []
      const range = ranges && quantity !== "hiddenEta" ? advice.ranges?.[quantity] : undefined
      const open = range === undefined ? "" : ` (${write(range[0])} … ${write(range[1])})`
      return [`${name} = ${write(value)}${open}`]
    })
    .join(", ")

/** Whether a law only gives back the reference it was handed. */
export const onlyReference = (advice: PublishedAdvice, { reference }: PublishedInput): boolean => {
  const same = (value: number | undefined, from: number | undefined): boolean =>
    value === undefined || (from !== undefined && Math.abs(value / from - 1) < 1e-9)
  return (
    advice.law.needs.some((need) => need.startsWith("reference.")) &&
    same(advice.eta, reference?.eta) &&
    same(advice.hiddenEta, reference?.eta) &&
    same(advice.batch, reference?.batch) &&
    advice.criticalBatch === undefined &&
    advice.weightDecay === undefined &&
    advice.timescale === undefined
  )
}

/** A run this many times beyond what a law was measured on, or a reference this far from it, is another world: the law is left to the page. */
const farthest = 16

/** Whether the run lies so far from where a law was found, or from the reference that it moves, that its word weighs nothing here. */
export const farFrom = ({ law }: PublishedAdvice, { reference, ...run }: PublishedInput): boolean => {
  const far = (value: number | undefined, [low, high]: readonly [number, number]): boolean =>
    value !== undefined && Math.max(value / high, low / value) > farthest
  const moved = law.needs.includes("batch") && law.needs.includes("reference.batch") ? reference?.batch : undefined
  return (
    (["tokens", "size", "batch"] as const).some((field) => {
      const range = law.measured[field]
      return range !== undefined && far(run[field], range)
    }) ||
    (moved !== undefined && far(run.batch, [moved, moved]))
  )
}
