/** The examination itself: each kind of damage is found, and called by its name. */
import { cpSync, mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { DatabaseSync } from "node:sqlite"
import { Effect } from "effect"
import { afterAll, beforeAll, expect, it } from "vitest"
import { type Bench, makeBench, sweep, within } from "../src/bench.ts"
import { databaseOf } from "../src/studyFolder.ts"
import { acknowledged, verify } from "../src/verify.ts"

const scratch = mkdtempSync(join(tmpdir(), "tt-verify-"))
afterAll(() => rmSync(scratch, { recursive: true, force: true }))
let bench: Bench
const sound = join(scratch, "sound")
beforeAll(async () => {
  bench = await makeBench(new URL("./chain.ts", import.meta.url), { seed: 1 })
  const fresh = bench.newFolder()
  cpSync(fresh, sound, { recursive: true })
  rmSync(fresh, { recursive: true })
  await Effect.runPromise(within(bench, sound, sweep(bench.study)))
})

const reading = "event LIKE '%\"Evaluated\"%'"
/** The loss of one reading, in the last place. */
const nudged = `json_set(event, '$.loss', json_extract(event, '$.loss') * (1 + 4e-16))`

it.each([
  ["nothing", "SELECT 1", undefined],
  [
    "the last event",
    "DELETE FROM journal WHERE seq = (SELECT max(seq) FROM journal)",
    /1 acknowledged events are lost/,
  ],
  ["an event in between", "DELETE FROM journal WHERE seq = 20", /the journal has gaps/],
  ["the time of an event", "UPDATE journal SET time = time + 1 WHERE seq = 20", /1 acknowledged events are lost/],
  ["a reading in the last place", "UPDATE readings SET loss = loss * (1 + 4e-16) WHERE rowid = 3", /other rows/],
  ["a reading that is gone", "DELETE FROM readings WHERE rowid = 3", /other rows/],
  ["a driver", "INSERT INTO driver VALUES (1, 's', 1, 'h', 0)", /a driver's row was left behind/],
])("finds %s", async (name, sql, message) => {
  const folder = join(scratch, name.replaceAll(" ", "-"))
  cpSync(sound, folder, { recursive: true })
  const db = new DatabaseSync(databaseOf(folder))
  db.exec(sql)
  db.close()
  const examined = verify(bench, folder)
  if (message === undefined) await expect(examined).resolves.toMatchObject({ sessions: 1 })
  else await expect(examined).rejects.toThrow(message)
})

it("finds a journal that says otherwise than its views, and readings that contradict each other", async () => {
  const folder = join(scratch, "views")
  cpSync(sound, folder, { recursive: true })
  const db = new DatabaseSync(databaseOf(folder))
  db.exec(`UPDATE journal SET event = ${nudged} WHERE seq = (SELECT max(seq) FROM journal WHERE ${reading})`)
  db.close()
  await expect(verify(bench, folder, [])).rejects.toThrow(/other rows/)

  const other = join(scratch, "contradiction")
  cpSync(sound, other, { recursive: true })
  const again = new DatabaseSync(databaseOf(other))
  again.exec(`INSERT INTO journal (time, session, run_id, numerics_id, event) SELECT time, session, run_id, numerics_id,
    json_object('_tag', 'Inconsistent', 'runId', run_id, 'requested', 512, 'average', 'none', 'stored', 1, 'received', 2)
    FROM journal WHERE seq = (SELECT min(seq) FROM journal WHERE ${reading})`)
  again.close()
  await expect(verify(bench, other)).rejects.toThrow(/readings contradict each other/)
})

it("knows what was acknowledged", () => {
  expect(acknowledged(sound).length).toBeGreaterThan(50)
  expect(acknowledged(scratch)).toEqual([])
})
