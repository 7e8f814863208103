import type { RunSpec } from "@ts/backend"
import { roundToStep, stepsUntil } from "@ts/schedule"

type Steps = Pick<RunSpec, "batch" | "origin">

/** The first step boundary of a run at or after `tokens`; a branch counts its steps from where it leaves its parent. */
export const boundaryOf = ({ batch, origin }: Steps, tokens: number): number => {
  const from = origin?.at ?? 0
  if (batch.kind !== "constant") return roundToStep(batch, tokens, from)
  return from + Math.ceil(Math.max(0, tokens - from) / batch.tokens) * batch.tokens
}

/**
 * Steps up to the first step boundary at or after `tokens`, those of the parents before it included. Without its parent a
 * branch is taken to have had its own batch from the start.
 */
export const stepsTo = (
  { batch, origin }: Steps,
  tokens: number,
  parentOf: (runId: string) => Steps | undefined,
): number => {
  const parent = origin === undefined ? undefined : parentOf(origin.parent)
  if (origin === undefined || parent === undefined) return stepsUntil(batch, tokens)
  if (tokens <= origin.at) return stepsTo(parent, tokens, parentOf)
  return stepsTo(parent, origin.at, parentOf) + stepsUntil(batch, tokens, origin.at)
}
