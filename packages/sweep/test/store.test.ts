import { mkdirSync, mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from "node:fs"
import { hostname, tmpdir } from "node:os"
import { join } from "node:path"
import { DatabaseSync } from "node:sqlite"
import { assert, describe, it } from "@effect/vitest"
import { memoryCheckpoints } from "@ts/backend"
import { Store, type StoreError, Study, Sweep } from "@ts/sweep"
import { Effect, Layer, Stream } from "effect"
import { TestClock } from "effect/testing"
import { afterAll } from "vitest"
import { kept, on, pass, series, sweepOn } from "./harness.ts"
import { small, withFields } from "./study.ts"

const folder = mkdtempSync(join(tmpdir(), "tt-store-"))
afterAll(() => rmSync(folder, { recursive: true, force: true }))
let files = 0
const fresh = () => join(folder, `${files++}`, "study.db")

const at = (path: string) => Layer.mergeAll(Store.sqlite(path), memoryCheckpoints)
const open = (path: string): Effect.Effect<unknown, StoreError> => Effect.provide(Store.rows(small), at(path)) as never
const edit = (path: string, sql: string) => {
  const db = new DatabaseSync(path)
  db.exec(sql)
  db.close()
}

/** Opening fails for the reason, in one sentence that names the file and a way out, and leaves the file alone. */
const refuses = Effect.fnUntraced(function* (path: string, reason: string, wayOut: RegExp) {
  const before = readFileSync(path)
  const error = yield* Effect.flip(open(path))
  assert.strictEqual(error.reason, reason)
  assert.include(error.message, path)
  assert.match(error.message, wayOut)
  assert.notInclude(error.message, "\n")
  assert.deepStrictEqual(readFileSync(path), before)
})

describe("files that are no store", () => {
  it.effect("text", () => {
    const path = fresh()
    mkdirSync(join(path, ".."), { recursive: true })
    writeFileSync(path, "eta,loss\n0.1,2.3\n")
    return refuses(path, "NotADatabase", /move it away or name another file/)
  })

  it.effect("a database cut short, or overwritten in places", () =>
    Effect.gen(function* () {
      for (const damage of ["cut", "overwritten"]) {
        const path = fresh()
        yield* Effect.provide(sweepOn({}, small), at(path))
        if (damage === "cut") truncateSync(path, 3 * 4096 + 100)
        else {
          const bytes = readFileSync(path)
          writeFileSync(path, bytes.fill(0xaa, 4096, 4 * 4096))
        }
        yield* refuses(path, "Corrupt", /restore a copy of it, or save what can be read/)
      }
    }),
  )

  it.effect("a database of another program", () =>
    Effect.gen(function* () {
      const path = fresh()
      mkdirSync(join(path, ".."), { recursive: true })
      edit(path, "CREATE TABLE songs (title TEXT)")
      yield* refuses(path, "NotAStudy", /name another file/)
    }),
  )

  it.effect("a store of a newer version", () =>
    Effect.gen(function* () {
      const path = fresh()
      yield* open(path)
      edit(path, "INSERT INTO effect_sql_migrations (migration_id, name) VALUES (9, 'later')")
      yield* refuses(path, "NewerVersion", /schema 9, this one reads up to 2\); update it/)
    }),
  )

  it.effect("a folder that cannot be made", () =>
    Effect.gen(function* () {
      const path = fresh()
      mkdirSync(join(path, ".."), { recursive: true })
      writeFileSync(path, "")
      const error = yield* Effect.flip(open(join(path, "study.db")))
      assert.strictEqual(error.reason, "Io")
      assert.match(error.message, /readable and writable/)
    }),
  )

  it.effect("an empty file is a new store", () => {
    const path = fresh()
    mkdirSync(join(path, ".."), { recursive: true })
    writeFileSync(path, "")
    return open(path)
  })
})

describe("the journal", () => {
  it.effect("is the whole truth: the views can be made again from it", () =>
    Effect.gen(function* () {
      const path = fresh()
      const tables = ["sessions", "specs", "runs", "readings", "checkpoints", "data", "inconsistencies"]
      const study = withFields({ eta: [0.01, 4], averages: [0.9] })
      const body = Effect.gen(function* () {
        yield* sweepOn({}, small)
        yield* sweepOn({ error: () => 1e-9 }, study)
        const [row] = yield* Store.rows(study)
        yield* Store.remove({ runId: row.runId })
        const dump = () => {
          const db = new DatabaseSync(path, { readOnly: true })
          const rows = tables.map((table) => db.prepare(`SELECT * FROM ${table} ORDER BY 1, 2, 3`).all())
          db.close()
          return rows
        }
        const before = dump()
        assert.isTrue(before.every((rows) => rows.length > 0))
        yield* Store.use((store) => store.rebuild)
        assert.deepStrictEqual(dump(), before)
      })
      yield* Effect.provide(body, at(path))
    }),
  )

  it.effect("goes on where it ended when the file is opened again", () =>
    Effect.gen(function* () {
      const path = fresh()
      yield* Effect.provide(sweepOn({}, small), at(path))
      const before = yield* Effect.provide(series(small), at(path))
      assert.strictEqual(before.length, 24)
      const { plan } = yield* Effect.provide(sweepOn({}, small), at(path))
      assert.strictEqual(plan.runs.length, 0)
      const entries = yield* Store.use((store) => Stream.runCollect(store.journal(10))).pipe(Effect.provide(at(path)))
      assert.strictEqual(entries[0].seq, 11)
      assert.deepStrictEqual(
        entries.map(({ event }) => event._tag).filter((tag) => tag.startsWith("Session")),
        ["SessionEnded", "SessionStarted", "SessionEnded"],
      )
    }),
  )

  it.effect("takes an append whole or not at all", () =>
    Effect.gen(function* () {
      const store = yield* Store
      const session = yield* store.drive({ study: "s", backend: "b", device: "d", deterministic: true })
      const id = "0".repeat(16)
      const good = { _tag: "GivenUp", runId: id, message: "why" } as const
      // A reading without its numerics cannot be stored.
      const bad = { _tag: "Evaluated", runId: id, tokens: 1, requested: 1, step: 1, average: "none", loss: 2 } as const
      const error = yield* Effect.flip(
        session.append([{ event: good, numericsId: "n" }, { event: { ...bad, evaluation: "e" } }]),
      )
      assert.strictEqual(error.reason, "Io")
      assert.strictEqual((yield* Stream.runCollect(store.journal())).length, 1)
      assert.isUndefined(yield* store.run(id, "n"))
    }).pipe(Effect.provide(kept)),
  )
})

describe("the driver's row", () => {
  const row = (path: string, pid: number, host: string, heartbeat: number) =>
    edit(path, `INSERT OR REPLACE INTO driver VALUES (1, 'other', ${pid}, '${host}', ${heartbeat})`)
  const GONE = 2 ** 22 + 1

  it.effect("of a dead process on this host is taken over at once", () =>
    Effect.gen(function* () {
      const path = fresh()
      yield* open(path)
      row(path, GONE, hostname(), 0)
      assert.strictEqual((yield* Effect.provide(sweepOn({}, small), at(path))).summary.finished, 12)
    }),
  )

  it.effect("with our own process id but another session is one of an earlier life", () =>
    Effect.gen(function* () {
      const path = fresh()
      yield* open(path)
      row(path, process.pid, hostname(), 0)
      assert.strictEqual((yield* Effect.provide(sweepOn({}, small), at(path))).summary.finished, 12)
    }),
  )

  it.effect("on another host holds for a minute without a heartbeat", () =>
    Effect.gen(function* () {
      const path = fresh()
      yield* open(path)
      row(path, GONE, "elsewhere", 0)
      yield* TestClock.adjust("59 seconds")
      const error = yield* Effect.flip(Effect.provide(sweepOn({}, small), at(path)))
      assert.match(error.message, new RegExp(`process ${GONE} on elsewhere \\(seen 59 s ago\\)`))
      yield* TestClock.adjust("2 seconds")
      assert.strictEqual((yield* Effect.provide(sweepOn({}, small), at(path))).summary.finished, 12)
    }),
  )

  it.effect("is kept alive by a heartbeat, and a driver that lost it writes nothing more", () =>
    Effect.gen(function* () {
      const path = fresh()
      const body = Effect.gen(function* () {
        const store = yield* Store
        const session = yield* store.drive({ study: "s", backend: "b", device: "d", deterministic: true })
        yield* pass(90)
        const driver = yield* store.driver
        assert.isAtLeast(driver!.heartbeat, 85_000)
        row(path, GONE, "elsewhere", 90_000)
        const error = yield* Effect.flip(session.append([{ event: { _tag: "SessionEnded", failed: 0 } }]))
        assert.strictEqual(error.reason, "LostLock")
        assert.match(error.message, /another driver took .* over/)
        assert.strictEqual((yield* Stream.runCollect(store.journal())).length, 1)
      })
      yield* Effect.provide(Effect.scoped(body), at(path))
      // Leaving does not take the other's row away.
      assert.strictEqual(
        (yield* Effect.provide(
          Store.use((store) => store.driver),
          at(path),
        ))?.host,
        "elsewhere",
      )
    }),
  )
})

describe("rows", () => {
  it.effect("carry what fits need, in tokens", () =>
    Effect.gen(function* () {
      const study = withFields({ batch: 96, horizon: [1000], eta: 0.01, seeds: 7, averages: [0.5] })
      yield* sweepOn({}, study)
      const rows = yield* Store.rows(study)
      const [{ runId }] = (yield* Study.expand(study)).runs
      const parameters = 64 * 32 + 4 * 32 + 4 * 32 * 32 + 4 * 32 + 8 * 32 * 32 + 5 * 32 + 2 * 32
      for (const [i, average] of ["none", "ewa:0.5"].entries()) {
        assert.deepStrictEqual(rows[i], {
          runId,
          seed: 7,
          tokens: 1000,
          batch: 96,
          eta: 0.01,
          width: 32,
          average,
          loss: rows[i].loss,
          status: "finished",
          steps: 11,
          warmupSteps: 2,
          size: parameters,
          provenance: { backend: "chain", numericsId: "chain-v1" },
        })
        assert.isTrue(Number.isFinite(rows[i].loss))
      }
      assert.match(
        (yield* on({}, Sweep.plan(study))).notes[0],
        /horizon 1000 is no whole number of batches of 96: read at 1056/,
      )
    }).pipe(Effect.provide(kept)),
  )

  it.effect("without a study are all there are", () =>
    Effect.gen(function* () {
      yield* sweepOn({}, small)
      yield* sweepOn({}, withFields({ horizon: [512], seeds: 9 }))
      assert.strictEqual((yield* Store.rows()).length, 24 + 6)
      assert.strictEqual((yield* Store.rows(small)).length, 24)
    }).pipe(Effect.provide(kept)),
  )
})
