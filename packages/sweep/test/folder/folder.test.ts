/** A study's folder under two processes, and on another machine. */
import { type ChildProcess, spawn } from "node:child_process"
import { cpSync, mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { DatabaseSync } from "node:sqlite"
import { fileURLToPath } from "node:url"
import { Store, type StoreService, Sweep } from "@ts/sweep"
import { Effect, Layer, Stream } from "effect"
import { afterEach, expect, it } from "vitest"
import { kept, series, sweep, sweepOn } from "../harness.ts"
import { small } from "../study.ts"
import { newSeen, testBackend } from "../testBackend.ts"

const file = fileURLToPath(new URL("driver.ts", import.meta.url))
const made: Array<string> = []
let child: ChildProcess | undefined

afterEach(() => {
  child?.kill("SIGKILL")
  for (const folder of made.splice(0)) rmSync(folder, { recursive: true, force: true })
})

const fresh = () => {
  const folder = mkdtempSync(join(tmpdir(), "tt-folder-"))
  made.push(folder)
  return folder
}

const drive = (folder: string): ChildProcess => {
  child = spawn(process.execPath, ["--conditions=@ts/source", file, folder], { stdio: "inherit" })
  return child
}

const ended = (process: ChildProcess) => Effect.promise(() => new Promise((resolve) => process.once("exit", resolve)))

const at = (folder: string, seen = newSeen()) =>
  Layer.provideMerge(testBackend({}, seen), Store.sqlite(join(folder, "study.db")))

/** Follows what the other process does until it has read so many losses. */
const readings = (store: StoreService, count: number) =>
  store.follow(0, "20 millis").pipe(
    Stream.filter(({ event }) => event._tag === "Evaluated"),
    Stream.take(count),
    Stream.runCollect,
  )

const truth = Effect.andThen(sweepOn({}, small), series(small)).pipe(Effect.provide(kept))

it("a second process reads along, and is refused as a driver until the first ends", async () => {
  const folder = fresh()
  const first = drive(folder)
  const exit = ended(first)
  await Effect.gen(function* () {
    const store = yield* Store
    yield* readings(store, 3)
    expect((yield* store.driver)?.pid).toBe(first.pid)
    const refused = yield* Effect.flip(sweep(small))
    expect(refused).toMatchObject({ _tag: "StoreError", reason: "DriverActive" })
    expect(refused.message).toContain(`process ${first.pid} on`)
    expect(yield* Effect.flip(Store.remove({ runId: "0".repeat(16) }))).toMatchObject({ reason: "DriverActive" })
    const { counts, driver } = yield* Sweep.status(small)
    expect(counts.waiting + counts.partial).toBeGreaterThan(0)
    expect(driver?.pid).toBe(first.pid)

    const heard = yield* readings(store, 24)
    yield* exit
    expect(yield* store.driver).toBeUndefined()
    expect((yield* sweep(small)).plan.runs).toEqual([])
    expect(new Set(heard.map(({ seq }) => seq)).size).toBe(24)
    expect(yield* series(small)).toEqual(yield* truth)
  }).pipe(Effect.provide(at(folder)), Effect.runPromise)
}, 30_000)

it("a folder copied after a kill, its write-ahead log with it, goes on elsewhere to the same numbers", async () => {
  const [here, there] = [fresh(), fresh()]
  const first = drive(here)
  const exit = ended(first)
  const acknowledged = await Effect.gen(function* () {
    const store = yield* Store
    const heard = yield* readings(store, 10)
    first.kill("SIGKILL")
    yield* exit
    // While this process has the file open, its log is not folded back into it.
    cpSync(here, there, { recursive: true })
    return heard
  }).pipe(Effect.provide(Store.sqlite(join(here, "study.db"))), Effect.runPromise)
  rmSync(here, { recursive: true })
  const db = new DatabaseSync(join(there, "study.db"))
  db.exec("UPDATE driver SET host = 'the machine before', heartbeat = heartbeat - 120000")
  db.close()

  const seen = newSeen()
  await Effect.gen(function* () {
    const { summary } = yield* sweep(small)
    expect(summary.failed).toEqual([])
    expect(seen.starts.some(({ from }) => from > 0)).toBe(true)
    expect(seen.tokens).toBeLessThan(12 * 2048)
    const found = yield* series(small)
    expect(found).toEqual(yield* truth)
    const first = (yield* Stream.runCollect(Store.use((store) => Effect.succeed(store.journal())).pipe(Stream.unwrap)))
      .filter(({ event }) => event._tag === "Evaluated")
      .slice(0, acknowledged.length)
    expect(first).toEqual(acknowledged)
  }).pipe(Effect.provide(at(there, seen)), Effect.runPromise)
}, 30_000)
