/** Worker processes that are killed, and drivers that are frozen while another takes their place. */
import { ok, strictEqual } from "node:assert/strict"
import { Sweep } from "@ts/sweep"
import { Effect, Stream } from "effect"
import { patiently, summaryOf, within } from "../bench.ts"
import { drive, startDriver } from "../drive.ts"
import type { CaseOptions, FaultCase } from "../faultCase.ts"
import { expectFinished } from "../kills.ts"
import { inFolder, verify } from "../verify.ts"

/** Whether it was still there. */
const killProcess = (pid: number): boolean => {
  try {
    return process.kill(pid, "SIGKILL")
  } catch {
    return false
  }
}

const workersKilled = ({ kills = 4, workers }: CaseOptions): FaultCase => ({
  name: "its worker processes are killed: their runs are tried again",
  skip: () => (workers === undefined ? "it is not told where the worker processes are (option `workers`)" : undefined),
  run: (bench) =>
    inFolder(bench, async (folder) => {
      const draw = (i: number) => 1 + bench.draw(`workers ${i}`, Math.floor(bench.events / kills))
      let [left, killed, next] = [kills, 0, draw(kills)]
      const program = Effect.gen(function* () {
        const plan = yield* Sweep.plan(bench.study)
        return yield* Sweep.run(plan, { retry: patiently }).pipe(
          Stream.tap((event) =>
            Effect.sync(() => {
              if (event._tag !== "Journalled" || left === 0 || --next > 0) return
              const pids = workers!()
              // None at work between two bundles: at the next event, then.
              if (pids.length === 0) return
              killed += pids.filter(killProcess).length
              next = draw(--left)
            }),
          ),
          Stream.runCollect,
        )
      })
      const events = await Effect.runPromise(within(bench, folder, program))
      ok(killed > 0, "no worker was at work")
      expectFinished({ killed: false, summary: summaryOf(events) })
      await verify(bench, folder)
    }),
})

const frozen: FaultCase = {
  name: "a driver frozen for two minutes loses its place to another, and writes nothing more",
  run: (bench) =>
    inFolder(bench, async (folder) => {
      const { backend } = bench
      const nth = Math.floor(bench.events / 2)
      const first = startDriver({ backend, folder, kill: { at: "event", nth, moment: "acknowledged" }, freeze: true })
      try {
        await first.stopped
        const refused = await drive({ backend, folder })
        strictEqual(refused.error?.reason, "DriverActive")
        expectFinished(await drive({ backend, folder, ahead: 120_000 }))
        first.process.kill("SIGCONT")
        strictEqual((await first.ended).error?.reason, "LostLock")
      } finally {
        first.process.kill("SIGKILL")
      }
      await verify(bench, folder)
    }),
}

export const processCases = (options: CaseOptions): ReadonlyArray<FaultCase> => [workersKilled(options), frozen]
