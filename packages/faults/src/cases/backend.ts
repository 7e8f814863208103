/** Backends with one thing wrong: the sweep ends, holds nothing wrong, and a sound backend completes it. */
import { deepStrictEqual, ok, strictEqual } from "node:assert/strict"
import { Duration, Effect, Schedule } from "effect"
import { type Bench, measured, readJournal, summaryOf, sweep, within } from "../bench.ts"
import type { CaseOptions, FaultCase } from "../faultCase.ts"
import { type BackendFault, backendFaults, type FaultyOptions, faulty } from "../faultyBackend.ts"
import { expectFinished } from "../kills.ts"
import { inFolder, verify } from "../verify.ts"

/** Rows of a study that is not at its end: some of the truth, none else. */
const expectTrue = (lines: ReadonlyArray<string>, { truth }: Bench) => {
  const known = new Set(truth)
  deepStrictEqual(
    lines.filter((line) => !known.has(line)),
    [],
    "rows that no undisturbed sweep has",
  )
}

/** Sweeps once with the fault and once without; gives the runs that failed, and the run at fault. */
const endure = (bench: Bench, fault: BackendFault, options: FaultyOptions, silence: number) =>
  inFolder(bench, async (folder) => {
    const seen: NonNullable<FaultyOptions["seen"]> = { happened: 0 }
    const backend = faulty(bench.layer, fault, { ...options, seen })
    const stallTimeout = Duration.millis(silence)
    const retry = Schedule.spaced("10 millis").pipe(Schedule.upTo({ times: 3 }))
    const first = sweep(bench.study, { stallTimeout, retry })
    const program = Effect.map(
      Effect.all([
        first,
        Effect.flatMap(readJournal, (journal) => measured(bench.study, bench.capabilities.deterministic, journal)),
      ]),
      ([events, lines]) => ({ summary: summaryOf(events), lines }),
    )
    const { summary, lines } = await Effect.runPromise(within(bench, folder, program, { backend }))
    ok(seen.happened > 0, "the fault did not happen")
    expectTrue(lines, bench)
    const rest = await Effect.runPromise(within(bench, folder, sweep(bench.study)))
    expectFinished({ killed: false, summary: summaryOf(rest) })
    await verify(bench, folder)
    return { failed: summary.failed, runId: seen.runId }
  })

export const backendCases = ({ silence = 2000 }: CaseOptions): ReadonlyArray<FaultCase> => {
  const passing: ReadonlyArray<BackendFault> = ["hangs", "crashes", "throws", "fails retryably"]
  return [
    ...passing.map((fault) => ({
      name: `a backend that once ${backendFaults[fault]}: tried again, every run ends`,
      run: async (bench: Bench) => {
        const { failed } = await endure(bench, fault, { times: 1 }, silence)
        deepStrictEqual(failed, [])
      },
    })),
    {
      name: `a backend that ${backendFaults["tells twice"]}: each counts once`,
      run: async (bench) => {
        const { failed } = await endure(bench, "tells twice", {}, silence)
        deepStrictEqual(failed, [])
      },
    },
    ...(["crashes", "measures NaN", "tells of unknown runs", "ends early"] as const).map((fault) => ({
      name: `a backend that always ${backendFaults[fault]}: that run is given up, the others end`,
      run: async (bench: Bench) => {
        const { failed, runId } = await endure(bench, fault, {}, silence)
        deepStrictEqual(
          failed.map((one) => one.runId),
          [runId],
        )
        ok(failed[0]!.message.length > 0)
      },
    })),
    {
      name: `a backend that ${backendFaults["tells out of order"]}: nothing wrong is kept`,
      run: async (bench) => {
        const { failed, runId } = await endure(bench, "tells out of order", { after: 0 }, silence)
        strictEqual(failed.filter((one) => one.runId !== runId).length, 0)
      },
    },
  ]
}
