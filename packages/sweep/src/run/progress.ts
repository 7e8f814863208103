/** How far a sweep is: sums over its runs, kept as they change. */
import type { Stopped } from "./budget.ts"
import type { Progress, Summary } from "./events.ts"
import { isSettled, type Lane } from "./lane.ts"

const trained = ({ run, tokens }: Lane): number => Math.min(run.work.tokens, Math.max(0, tokens - run.work.from))

/** What one run adds to the sums. */
interface Share {
  readonly settled: boolean
  readonly queued: boolean
  readonly tokensDone: number
  readonly tokens: number
  readonly flopsDone: number
  readonly flops: number
}

const shareOf = (lane: Lane): Share => {
  const { work, flops: all } = lane.run
  const settled = isSettled(lane)
  const done = trained(lane)
  const part = work.tokens === 0 ? (settled ? 1 : 0) : done / work.tokens
  // A settled run has nothing left, wherever it stopped.
  return {
    settled,
    queued: lane.queued && lane.status === "running",
    tokensDone: done,
    tokens: settled ? done : work.tokens,
    flopsDone: part * all,
    flops: settled ? part * all : all,
  }
}

export interface Tally {
  /** Counts a run anew. */
  readonly count: (lane: Lane) => void
  readonly progress: (seconds: number) => Progress
}

export const makeTally = (lanes: ReadonlyArray<Lane>): Tally => {
  const shares = lanes.map(shareOf)
  let [runsDone, queued, tokensDone, tokens, flopsDone, flops] = [0, 0, 0, 0, 0, 0]
  const add = (share: Share, sign: 1 | -1) => {
    if (share.settled) runsDone += sign
    if (share.queued) queued += sign
    tokensDone += sign * share.tokensDone
    tokens += sign * share.tokens
    flopsDone += sign * share.flopsDone
    flops += sign * share.flops
  }
  for (const share of shares) add(share, 1)
  return {
    count: (lane) => {
      add(shares[lane.index]!, -1)
      shares[lane.index] = shareOf(lane)
      add(shares[lane.index]!, 1)
    },
    progress: (seconds) => {
      const known = seconds > 0 && flopsDone > 0
      // Sums of floating-point numbers that came and went may be off by a last digit.
      const left = runsDone === lanes.length ? 0 : Math.max(0, flops - flopsDone)
      return {
        _tag: "Progress",
        runsDone,
        runs: lanes.length,
        queued,
        tokensDone,
        tokens,
        tokensPerSecond: seconds > 0 ? tokensDone / seconds : 0,
        ...(known ? { secondsLeft: (left * seconds) / flopsDone } : {}),
      }
    },
  }
}

export const summaryOf = (
  lanes: ReadonlyArray<Lane>,
  seconds: number,
  inconsistent: number,
  stopped: Stopped | undefined,
): Summary => ({
  _tag: "Summary",
  finished: lanes.filter(({ status }) => status === "finished").length,
  diverged: lanes.filter(({ status }) => status === "diverged").length,
  pruned: lanes.filter(({ status }) => status === "pruned").length,
  failed: lanes
    .filter(({ status }) => status === "failed")
    .map(({ run, message = "unknown" }) => ({ runId: run.runId, message })),
  inconsistent,
  tokens: lanes.reduce((sum, lane) => sum + trained(lane), 0),
  seconds,
  ...(stopped === undefined ? {} : { stopped }),
})
