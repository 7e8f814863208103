import type { RunSpec } from "@ts/backend"
import { nextBatch, roundToStep } from "@ts/schedule"

/** The first step boundary of a run at or after `tokens`; a branch counts its steps from where it leaves its parent. */
export const boundaryOf = (spec: RunSpec, tokens: number): number => {
  const { batch, origin } = spec
  if (origin === undefined) return roundToStep(batch, tokens)
  if (batch.kind === "constant") {
    return origin.at + Math.ceil(Math.max(0, tokens - origin.at) / batch.tokens) * batch.tokens
  }
  let at = origin.at
  while (at < tokens) at += nextBatch(batch, at)
  return at
}
