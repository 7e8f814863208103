/** Checkpoints in a database of their own: one is there with its tensors, or not at all. */
import type { CheckpointRef, CheckpointShelf, KeptCheckpoint } from "@ts/backend"
import type { Database } from "../sqlite.ts"

const TABLE = `CREATE TABLE IF NOT EXISTS checkpoints (
  hash TEXT PRIMARY KEY, run_id TEXT NOT NULL, ref TEXT NOT NULL, rolling INTEGER NOT NULL, bytes BLOB NOT NULL) STRICT`

interface Stored {
  readonly ref: string
  readonly rolling: number
}

const keptOf = ({ ref, rolling }: Stored): KeptCheckpoint => ({
  ref: JSON.parse(ref) as CheckpointRef,
  rolling: rolling === 1,
})

export const databaseShelf = (db: Database): CheckpointShelf => {
  db.run(TABLE)
  db.run("CREATE INDEX IF NOT EXISTS checkpoints_by_run ON checkpoints (run_id)")
  return {
    list: (runId) => db.all<Stored>("SELECT ref, rolling FROM checkpoints WHERE run_id = ?", runId).map(keptOf),
    read: ({ hash }) => db.get<{ bytes: Uint8Array }>("SELECT bytes FROM checkpoints WHERE hash = ?", hash)?.bytes,
    write: ({ ref, rolling }, bytes, replaced) => {
      db.run("BEGIN IMMEDIATE")
      try {
        const row = [ref.hash, ref.runId, JSON.stringify(ref), rolling ? 1 : 0, bytes]
        db.run("INSERT OR REPLACE INTO checkpoints VALUES (?, ?, ?, ?, ?)", ...row)
        for (const { hash } of replaced) db.run("DELETE FROM checkpoints WHERE hash = ?", hash)
        db.run("COMMIT")
      } catch (cause) {
        db.run("ROLLBACK")
        throw cause
      }
    },
    keep: ({ hash }) => db.run("UPDATE checkpoints SET rolling = 0 WHERE hash = ?", hash),
    remove: ({ hash }) => db.run("DELETE FROM checkpoints WHERE hash = ?", hash),
  }
}
