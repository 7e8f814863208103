/** How far a sweep is, from its lanes. */
import type { Progress, Summary } from "./events.ts"
import { isSettled, type Lane } from "./lane.ts"

const trained = ({ run, tokens }: Lane): number => Math.min(run.work.tokens, Math.max(0, tokens - run.work.from))

export const progressOf = (lanes: ReadonlyArray<Lane>, seconds: number): Progress => {
  let [runsDone, tokensDone, tokens, flopsDone, flops] = [0, 0, 0, 0, 0]
  for (const lane of lanes) {
    const { work, flops: all } = lane.run
    const settled = isSettled(lane)
    const done = trained(lane)
    const part = work.tokens === 0 ? (settled ? 1 : 0) : done / work.tokens
    // A settled run has nothing left, wherever it stopped.
    tokens += settled ? done : work.tokens
    flops += settled ? part * all : all
    tokensDone += done
    flopsDone += part * all
    if (settled) runsDone++
  }
  const known = seconds > 0 && flopsDone > 0
  return {
    _tag: "Progress",
    runsDone,
    runs: lanes.length,
    tokensDone,
    tokens,
    tokensPerSecond: seconds > 0 ? tokensDone / seconds : 0,
    ...(known ? { secondsLeft: ((flops - flopsDone) * seconds) / flopsDone } : {}),
  }
}

export const summaryOf = (lanes: ReadonlyArray<Lane>, seconds: number, inconsistent: number): Summary => ({
  _tag: "Summary",
  finished: lanes.filter(({ status }) => status === "finished").length,
  diverged: lanes.filter(({ status }) => status === "diverged").length,
  failed: lanes
    .filter(({ status }) => status === "failed")
    .map(({ run, message = "unknown" }) => ({ runId: run.runId, message })),
  inconsistent,
  tokens: lanes.reduce((sum, lane) => sum + trained(lane), 0),
  seconds,
})
