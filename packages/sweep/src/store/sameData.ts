/** Whether the data prepared now are those a study was measured on. */
import type { Prepared } from "@ts/backend"

export type PreparedData = Prepared["data"][number]

/**
 * What differs, in words. A corpus may be prepared further than before, for a longer horizon, or less far, for a shorter
 * one: then the shards that both have must be equal.
 */
export const differenceOf = (before: PreparedData, now: PreparedData): string | undefined => {
  const common = Math.min(before.shards.length, now.shards.length)
  for (let i = 0; i < common; i++) {
    const [a, b] = [before.shards[i], now.shards[i]]
    if (a.name !== b.name || a.sha256 !== b.sha256) return "prepared training tokens"
  }
  if (before.evaluation !== now.evaluation) return "validation tokens"
  const equallyFar = before.shards.length === now.shards.length
  return equallyFar && before.trainTokens !== now.trainTokens ? "number of training tokens" : undefined
}

/** Whether something of it is not in the journal yet. */
export const goesFurther = (before: PreparedData | undefined, now: PreparedData): boolean =>
  before === undefined || now.shards.length > before.shards.length
