import type { RunSpec } from "@ts/backend"
import { stepsUntil } from "@ts/schedule"

export { stepBoundary as boundaryOf } from "@ts/backend"

type Steps = Pick<RunSpec, "batch" | "origin">

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
