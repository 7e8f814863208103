/** Files whose end a power cut tore off, or left as garbage. */
import { deepStrictEqual, ok, strictEqual } from "node:assert/strict"
import { cpSync, existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import type { JournalEntry, StoreError } from "@ts/sweep"
import { Effect, Result } from "effect"
import { type Bench, readJournal, summaryOf, sweep, within } from "../bench.ts"
import { drive } from "../drive.ts"
import type { Kill } from "../driverTask.ts"
import type { FaultCase } from "../faultCase.ts"
import { expectFinished } from "../kills.ts"
import { checkpointsOf, databaseOf } from "../studyFolder.ts"
import { acknowledged, inFolder, verify } from "../verify.ts"
import { commitEnds } from "../wal.ts"

/** A folder as a kill leaves it. */
const killed = async (bench: Bench, folder: string, kill: Kill): Promise<void> => {
  const ended = await drive({ backend: bench.backend, folder, kill })
  ok(ended.killed, "the driver came to its end before it could be killed")
}

const logOf = (folder: string) => `${databaseOf(folder)}-wal`

/** What is found in a copy of the folder whose log was changed; and the sweep goes on from there, to the same rows. */
const found = (bench: Bench, killedFolder: string, tear: (log: Buffer) => Buffer, promises: boolean) =>
  inFolder(bench, async (folder) => {
    cpSync(killedFolder, folder, { recursive: true })
    // The index of the log lives in memory: a power cut takes it away.
    rmSync(`${databaseOf(folder)}-shm`, { force: true })
    writeFileSync(logOf(folder), tear(readFileSync(logOf(folder))))
    const opened = await Effect.runPromise(Effect.result(within(bench, folder, readJournal)))
    if (Result.isFailure(opened)) return opened.failure as StoreError
    const events = await Effect.runPromise(within(bench, folder, sweep(bench.study)))
    expectFinished({ killed: false, summary: summaryOf(events) })
    await verify(bench, folder, promises ? acknowledged(folder) : opened.success)
    return opened.success
  })

const isJournal = (result: ReadonlyArray<JournalEntry> | StoreError): result is ReadonlyArray<JournalEntry> =>
  Array.isArray(result)

const tornLog: FaultCase = {
  name: "a torn end of the database's log: all commits before the tear are there, and the sweep goes on",
  run: (bench) =>
    inFolder(bench, async (folder) => {
      const nth = Math.floor(bench.events / 2)
      await killed(bench, folder, { at: "event", nth, moment: "acknowledged" })
      const log = readFileSync(logOf(folder))
      const ends = commitEnds(log)
      ok(ends.length > 5, `the log holds ${ends.length} commits`)
      const [last, before] = [ends.at(-1)!, ends.at(-2)!]
      const whole = await found(bench, folder, (bytes) => bytes, true)
      ok(isJournal(whole))

      const within = (name: string) => before + 1 + bench.draw(name, last - before - 1)
      const cut = (end: number) => (bytes: Buffer) => bytes.subarray(0, end)
      const spoilt = (from: number, value: number) => (bytes: Buffer) => bytes.fill(value, from, last)
      const cleanly = await found(bench, folder, cut(before), false)
      ok(isJournal(cleanly))
      ok(cleanly.length < whole.length, "the last commit was not in the log")
      deepStrictEqual(cleanly, whole.slice(0, cleanly.length))
      for (const tear of [
        cut(within("cut")),
        cut(last - 1),
        cut(before + 12),
        spoilt(within("zeros"), 0),
        spoilt(within("garbage"), 0xa5),
        // Bytes after the last commit that belong to none.
        (bytes: Buffer) => Buffer.concat([bytes.subarray(0, before), Buffer.alloc(5000, 0x5a)]),
      ]) {
        deepStrictEqual(await found(bench, folder, tear, false), cleanly)
      }
    }),
}

const spoiltLog: FaultCase = {
  name: "a log damaged where it was acknowledged: refused, or only what is sound before it, and the same rows in the end",
  run: (bench) =>
    inFolder(bench, async (folder) => {
      await killed(bench, folder, { at: "event", nth: Math.floor(bench.events / 2), moment: "acknowledged" })
      const whole = await found(bench, folder, (bytes) => bytes, true)
      ok(isJournal(whole))
      const length = commitEnds(readFileSync(logOf(folder))).at(-1)!
      for (let i = 0; i < 5; i++) {
        const at = bench.draw(`damage ${i}`, length)
        const damage = (bytes: Buffer) => {
          bytes[at] = bytes[at]! ^ (1 << bench.draw(`bit ${i}`, 8))
          return bytes
        }
        const result = await found(bench, folder, damage, false)
        if (isJournal(result)) deepStrictEqual(result, whole.slice(0, result.length), `bit at byte ${at}`)
        else strictEqual(result._tag, "StoreError", `bit at byte ${at}`)
      }
    }),
}

/** Every file of every checkpoint there is. */
const checkpointFiles = (folder: string): ReadonlyArray<string> =>
  existsSync(checkpointsOf(folder))
    ? readdirSync(checkpointsOf(folder), { recursive: true, encoding: "utf8" })
        .filter((name) => /\.(safetensors|json)$/.test(name))
        .map((name) => join(checkpointsOf(folder), name))
    : []

const tornCheckpoints = (name: string, spoils: RegExp, tear: (bytes: Buffer) => Buffer): FaultCase => ({
  name: `checkpoints ${name}: their runs start from an earlier one`,
  skip: ({ capabilities }) => (capabilities.checkpoints ? undefined : "it keeps no checkpoints"),
  run: (bench) =>
    inFolder(bench, async (folder) => {
      // A checkpoint without its index does not exist; one whose hash is another's is set aside.
      const noticed = spoils.test(".safetensors")
      await killed(bench, folder, { at: "event", tag: "Checkpointed", nth: 3, moment: "acknowledged" })
      const files = checkpointFiles(folder).filter((file) => spoils.test(file))
      ok(files.length > 0, "there is no checkpoint yet")
      for (const file of files) writeFileSync(file, tear(readFileSync(file)))
      const events = await Effect.runPromise(within(bench, folder, sweep(bench.study)))
      expectFinished({ killed: false, summary: summaryOf(events) })
      await verify(bench, folder)
      if (noticed) {
        const journal = await Effect.runPromise(within(bench, folder, readJournal))
        ok(
          journal.some(({ event }) => event._tag === "CheckpointRejected"),
          "nobody noticed",
        )
      }
    }),
})

export const tornCases = (): ReadonlyArray<FaultCase> => [
  tornLog,
  spoiltLog,
  tornCheckpoints("cut in half", /\.safetensors$/, (bytes) => bytes.subarray(0, bytes.length >> 1)),
  tornCheckpoints("with a bit flipped", /\.safetensors$/, (bytes) => {
    bytes[bytes.length - 1] = bytes[bytes.length - 1]! ^ 1
    return bytes
  }),
  tornCheckpoints("with empty indexes", /\.json$/, () => Buffer.alloc(0)),
]
