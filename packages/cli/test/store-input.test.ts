import "./build.ts"
import { spawnSync } from "node:child_process"
import { copyFileSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs"
import { hostname } from "node:os"
import { join } from "node:path"
import { DatabaseSync } from "node:sqlite"
import { beforeAll, describe, expect, it, onTestFinished } from "vitest"
import { type Ended, temporaryFolder, timeTransfer } from "./command.ts"
import { measured } from "./journal.ts"
import { expectRefusal } from "./refused.ts"
import { writeStudy } from "./study.ts"

const folder = temporaryFolder()
const where = { cwd: folder }
const file = writeStudy(folder)
const good = join(folder, "small/study.db")
let first: Ended

beforeAll(async () => {
  first = await timeTransfer(["run", file], where)
}, 30_000)

/** A study's folder with a database of its own. */
const withDatabase = (name: string, fill: (path: string) => void): { readonly out: string; readonly path: string } => {
  mkdirSync(join(folder, name))
  const path = join(folder, name, "study.db")
  fill(path)
  return { out: name, path }
}

describe.concurrent("a database that cannot be used ends with code 4 and is left as it is", () => {
  const cases: ReadonlyArray<readonly [string, (path: string) => void, ...Array<string>]> = [
    ["no-database", (path) => writeFileSync(path, "hello ".repeat(1000)), "is no SQLite database", "move it away"],
    [
      "truncated",
      (path) => writeFileSync(path, readFileSync(good).subarray(0, 3 * 4096)),
      "is damaged and was left as it is; restore a copy of it, or save what can be read",
    ],
    [
      "overwritten",
      (path) => writeFileSync(path, readFileSync(good).fill(0x5a, 2 * 4096, 6 * 4096)),
      "is damaged and was left as it is",
    ],
    [
      "newer",
      (path) => {
        copyFileSync(good, path)
        const db = new DatabaseSync(path)
        db.exec("INSERT INTO effect_sql_migrations (migration_id, name) VALUES (99, 'later')")
        db.close()
      },
      "was written by a newer version of this program",
      "update it",
    ],
    [
      "another-program",
      (path) => {
        const db = new DatabaseSync(path)
        db.exec("CREATE TABLE recipes (name TEXT)")
        db.close()
      },
      "is a database of another program",
      "name another file",
    ],
  ]
  it.for(cases)("%s", async ([name, fill, ...parts]) => {
    expect(first.code, first.stderr).toBe(0)
    const { out, path } = withDatabase(name, fill)
    const before = readFileSync(path)
    expectRefusal(await timeTransfer(["run", file, "--out", out], where), 4, path, ...parts)
    expect(readFileSync(path).equals(before)).toBe(true)
  })
})

it("a driver at work keeps a second one out, with code 4", async () => {
  const { out, path } = withDatabase("busy", (path) => {
    copyFileSync(good, path)
    const db = new DatabaseSync(path)
    // This very process, which is alive.
    db.prepare("INSERT INTO driver VALUES (1, 'other', ?, ?, ?)").run(process.pid, hostname(), Date.now())
    db.close()
  })
  const grown = writeStudy(folder, { horizon: [1024, 2048, 4096] }, "grown.json")
  expectRefusal(
    await timeTransfer(["run", grown, "--out", out], where),
    4,
    path,
    `process ${process.pid}`,
    "wait for it",
  )
})

/** Root can lay a disk of 64 KiB over the folder; others put a file in its place. Gives the way back. */
const fillDisk = (at: string) => {
  const mounted = spawnSync("mount", ["-t", "tmpfs", "-o", "size=64k", "tmpfs", at]).status === 0
  if (!mounted) {
    renameSync(at, `${at}.aside`)
    writeFileSync(at, "")
  }
  let restored = false
  const restore = () => {
    if (restored) return
    restored = true
    if (mounted) spawnSync("umount", ["-l", at])
    else {
      rmSync(at)
      renameSync(`${at}.aside`, at)
    }
  }
  onTestFinished(restore)
  return Object.assign(restore, { kind: mounted ? ("full" as const) : ("blocked" as const) })
}

it("a disk full of checkpoints fails the run with code 1, loses no reading, and the same command goes on", async () => {
  const one = { name: "full", batch: [64], eta: [0.004] }
  const short = writeStudy(folder, { ...one, horizon: [1024] }, "short.json")
  expect((await timeTransfer(["run", short], where)).code).toBe(0)
  const database = join(folder, "full/study.db")
  const before = measured(database).readings
  expect(before).toHaveLength(1)

  const checkpoints = join(folder, "full/checkpoints")
  const restore = fillDisk(checkpoints)
  const long = writeStudy(folder, { ...one, horizon: [1024, 2 ** 16] }, "long.json")
  const ended = await timeTransfer(["run", long, "--checkpoint-every", "1ms"], where)
  expect(ended.code, ended.stderr).toBe(1)
  const sentence = "error: 1 run failed; what is measured is kept, and the same command tries it again"
  expect(ended.stderr).toContain(sentence)
  expect(ended.stderr).toMatch(/failed +\w+: cannot (read|write) /)
  expect(ended.stderr).toContain(checkpoints)
  expect(ended.stderr).not.toMatch(/^\s+at .+:\d+:\d+/m)
  if (restore.kind === "full") expect(ended.stderr).toContain("the disk is full")
  expect(measured(database).readings).toEqual(before)

  restore()
  const again = await timeTransfer(["run", long], where)
  expect(again.code, again.stderr).toBe(0)
  const after = measured(database)
  expect(after.contradictions).toEqual([])
  expect(after.readings).toHaveLength(2)
  expect(after.readings).toContainEqual(before[0])
}, 60_000)

it("looking makes nothing", async () => {
  for (const args of [
    ["plan", file],
    ["status", file],
    ["run", file, "--dry-run"],
  ]) {
    const { code } = await timeTransfer([...args, "--out", "untouched"], where)
    expect(code).toBe(0)
  }
  expect(existsSync(join(folder, "untouched"))).toBe(false)
  expectRefusal(
    await timeTransfer(["fit", file, "--out", "untouched"], where),
    2,
    "nothing is measured yet",
    "time-transfer run",
  )
})
