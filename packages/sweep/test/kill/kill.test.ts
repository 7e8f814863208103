import { spawn } from "node:child_process"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { createInterface } from "node:readline"
import { fileURLToPath } from "node:url"
import { memoryCheckpoints } from "@ts/backend"
import { Store, Sweep } from "@ts/sweep"
import { Effect, Layer, Stream } from "effect"
import { expect, it } from "vitest"
import { series, sweep } from "../harness.ts"
import { small } from "../study.ts"
import { testBackend } from "../testBackend.ts"

const KILLS = 6
const driver = fileURLToPath(new URL("driver.ts", import.meta.url))

/** Seeded, so that a failure can be replayed: KILL_SEED=... */
const generator = (seed: number) => () => {
  seed = (seed + 0x6d2b79f5) | 0
  let t = Math.imul(seed ^ (seed >>> 15), 1 | seed)
  t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
  return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32
}

/** When a driver is killed: so many milliseconds after it has told of so many readings. */
interface Kill {
  readonly readings: number
  readonly delay: number
}

/** Runs the driver; gives what it printed, and whether it was killed. */
const drive = (folder: string, kill?: Kill): Promise<{ lines: ReadonlyArray<string>; killed: boolean }> =>
  new Promise((resolve, reject) => {
    const child = spawn(process.execPath, ["--conditions=@ts/source", driver, folder], {
      stdio: ["ignore", "pipe", "pipe"],
    })
    const lines: Array<string> = []
    let errors = ""
    child.stderr.on("data", (data) => {
      errors += data
    })
    createInterface({ input: child.stdout }).on("line", (line) => {
      lines.push(line)
      // The first line tells the plan.
      if (lines.length === 1 + (kill?.readings ?? Number.NaN)) setTimeout(() => child.kill("SIGKILL"), kill!.delay)
    })
    child.on("close", (code, signal) => {
      if (signal === "SIGKILL" || code === 0) resolve({ lines, killed: signal === "SIGKILL" })
      else reject(new Error(`driver ended with ${code}: ${errors}`))
    })
  })

const truth = Effect.andThen(sweep(small), series(small)).pipe(
  Effect.provide(testBackend().pipe(Layer.provideMerge(Layer.mergeAll(Store.memory, memoryCheckpoints)))),
)

it(`up to ${KILLS} kills at random instants lose no reading and count none twice`, async () => {
  const seed = Number(process.env["KILL_SEED"] ?? Date.now() % 1_000_000)
  console.log(`KILL_SEED=${seed}`)
  const random = generator(seed)
  const folder = mkdtempSync(join(tmpdir(), "tt-kill-"))
  const acknowledged: Array<string> = []
  const planned: Array<number> = []
  const note = (lines: ReadonlyArray<string>) => {
    for (const line of lines) {
      if (line.startsWith("planned ")) planned.push(Number(line.slice(8)))
      if (line.startsWith("read ")) acknowledged.push(line.slice(5))
    }
  }
  try {
    // However slow the machine, most lives get somewhere; however fast, there are readings left for the next.
    let kills = 0
    for (; kills < KILLS; kills++) {
      const { lines, killed } = await drive(folder, { readings: Math.floor(random() * 3), delay: random() * 20 })
      note(lines)
      if (!killed) break
    }
    expect(kills).toBeGreaterThan(0)
    const { lines: last } = await drive(folder)
    note(last)
    expect(last.at(-1)).toMatch(/^done \d+$/)

    const check = Effect.gen(function* () {
      const store = yield* Store
      expect(yield* store.driver).toBeUndefined()
      const entries = yield* Stream.runCollect(store.journal())
      expect(entries.map(({ seq }) => seq)).toEqual(entries.map((_, i) => i + 1))
      expect(entries.filter(({ event }) => event._tag === "Inconsistent")).toEqual([])
      const rows = yield* Store.rows(small)
      const found = rows.map((row) => `${row.runId} ${row.tokens} ${row.average} ${row.loss}`)
      expect(found).toEqual(expect.arrayContaining([...new Set(acknowledged)]))
      expect(new Set(found).size).toBe(24)
      expect(yield* series(small)).toEqual(yield* truth)
      yield* store.rebuild
      expect(yield* series(small)).toEqual(yield* truth)
      expect((yield* Sweep.plan(small)).runs).toEqual([])
    })
    const store = Layer.mergeAll(Store.sqlite(join(folder, "study.db")), memoryCheckpoints)
    await Effect.runPromise(Effect.provide(check, Layer.provideMerge(testBackend(), store)))
    // What the lives before had done was not planned again.
    expect(planned.at(-1)).toBeLessThan(planned[0])
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}, 60_000)
