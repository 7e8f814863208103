/** A study in a folder: `node:sqlite` (no native build), and the checkpoints beside the database. */
import { CheckpointStore, fileCheckpoints, memoryCheckpoints } from "@ts/backend"
import { Effect, Layer } from "effect"
import { storeFailure } from "../failure.ts"
import type { Platform } from "../platform.ts"
import type { SqliteFile } from "../sqlite.ts"
import { builtin } from "./builtin.ts"
import { inspectFile } from "./inspectFile.ts"

/** The journal survives a kill and a power loss: write-ahead log, and `synchronous=FULL`. */
const openFile = (path: string) =>
  Effect.acquireRelease(
    Effect.try({
      try: () => {
        const { DatabaseSync } = builtin("node:sqlite")
        const db = new DatabaseSync(path)
        db.exec("PRAGMA busy_timeout=5000; PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL")
        return db
      },
      catch: storeFailure(path),
    }),
    (db) => Effect.sync(() => db.close()),
  ).pipe(
    Effect.map(
      (db): SqliteFile => ({
        driver: "node:sqlite",
        prepare: (sql) => db.prepare(sql) as ReturnType<SqliteFile["prepare"]>,
        inTransaction: () => db.isTransaction,
      }),
    ),
  )

/** Loaded when a file is opened: a plan needs no file system. */
const checkpointsBeside = (path: string): Layer.Layer<CheckpointStore> =>
  Layer.unwrap(
    Effect.promise(async () => {
      const NodeFileSystem = await import("@effect/platform-node-shared/NodeFileSystem")
      const NodePath = await import("@effect/platform-node-shared/NodePath")
      const { dirname, join } = builtin("node:path")
      return fileCheckpoints(join(dirname(path), "checkpoints")).pipe(
        Layer.provide(Layer.merge(NodeFileSystem.layer, NodePath.layer)),
      )
    }),
  )

export const platform: Platform = {
  open: Effect.fnUntraced(function* (path) {
    const inMemory = path === ":memory:"
    if (!inMemory) yield* inspectFile(path)
    const file = yield* openFile(path)
    const kept = yield* Layer.build(inMemory ? memoryCheckpoints : checkpointsBeside(path))
    return { file, checkpoints: yield* Effect.provideContext(CheckpointStore, kept) }
  }),
  get pid() {
    return process.pid
  },
  host: () => builtin("node:os").hostname(),
  processExists: (pid: number): boolean => {
    try {
      process.kill(pid, 0)
      return true
    } catch (fault) {
      return (fault as NodeJS.ErrnoException).code !== "ESRCH"
    }
  },
}
