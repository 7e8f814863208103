/** The tables: one append-only journal, and views of it kept up to date in the same transaction. */
import { Effect } from "effect"
import { Migrator, SqlClient } from "effect/sql"

/** "TTS1": marks a SQLite file as one of ours. */
export const APPLICATION_ID = 0x54545331

/** The views: all that `rebuild` empties and fills again from the journal. */
export const views = ["sessions", "specs", "runs", "readings", "noise_scales", "checkpoints", "data", "inconsistencies"]

const create = [
  `PRAGMA application_id = ${APPLICATION_ID}`,
  `CREATE TABLE journal (
     seq INTEGER PRIMARY KEY AUTOINCREMENT, time INTEGER NOT NULL, session TEXT NOT NULL,
     run_id TEXT, numerics_id TEXT, event TEXT NOT NULL) STRICT`,
  "CREATE INDEX journal_by_run ON journal (run_id, seq)",
  `CREATE TABLE sessions (
     session TEXT PRIMARY KEY, study TEXT NOT NULL, backend TEXT NOT NULL, device TEXT NOT NULL,
     started INTEGER NOT NULL, ended INTEGER) STRICT`,
  "CREATE TABLE specs (run_id TEXT PRIMARY KEY, spec TEXT NOT NULL, horizons TEXT NOT NULL, averages TEXT NOT NULL) STRICT",
  `CREATE TABLE runs (
     run_id TEXT NOT NULL, numerics_id TEXT NOT NULL, backend TEXT NOT NULL, synthetic INTEGER NOT NULL,
     tokens INTEGER NOT NULL, finished INTEGER NOT NULL, diverged_at INTEGER, diverged_reason TEXT, failure TEXT,
     PRIMARY KEY (run_id, numerics_id)) STRICT`,
  `CREATE TABLE readings (
     run_id TEXT NOT NULL, numerics_id TEXT NOT NULL, requested INTEGER NOT NULL, average TEXT NOT NULL,
     evaluation TEXT NOT NULL, tokens INTEGER NOT NULL, step INTEGER NOT NULL, loss REAL NOT NULL, seq INTEGER NOT NULL,
     PRIMARY KEY (run_id, numerics_id, requested, average, evaluation)) STRICT`,
  `CREATE TABLE noise_scales (
     run_id TEXT NOT NULL, numerics_id TEXT NOT NULL, requested INTEGER NOT NULL, tokens INTEGER NOT NULL,
     small INTEGER NOT NULL, big INTEGER NOT NULL, samples INTEGER NOT NULL, squared_norm_small REAL NOT NULL,
     squared_norm_big REAL NOT NULL, PRIMARY KEY (run_id, numerics_id, requested, small, big, samples)) STRICT`,
  `CREATE TABLE checkpoints (
     run_id TEXT NOT NULL, numerics_id TEXT NOT NULL, tokens INTEGER NOT NULL, ref TEXT NOT NULL,
     PRIMARY KEY (run_id, numerics_id, tokens)) STRICT`,
  `CREATE TABLE data (
     identity TEXT PRIMARY KEY, evaluation TEXT NOT NULL, train_tokens INTEGER, shards TEXT NOT NULL) STRICT`,
  "CREATE TABLE inconsistencies (seq INTEGER PRIMARY KEY, run_id TEXT NOT NULL, detail TEXT NOT NULL) STRICT",
  `CREATE TABLE driver (
     id INTEGER PRIMARY KEY CHECK (id = 1), session TEXT NOT NULL, pid INTEGER NOT NULL, host TEXT NOT NULL,
     heartbeat INTEGER NOT NULL) STRICT`,
]

/** Runs stopped as hopeless, and runs whose checkpoints were cleared away since they last trained. */
const prune = [
  "ALTER TABLE runs ADD COLUMN pruned_at INTEGER",
  "ALTER TABLE runs ADD COLUMN pruned_reason TEXT",
  "ALTER TABLE runs ADD COLUMN cleared INTEGER NOT NULL DEFAULT 0",
]

const all = (statements: ReadonlyArray<string>) =>
  Effect.gen(function* () {
    const sql = yield* SqlClient.SqlClient
    for (const statement of statements) yield* sql.unsafe(statement)
  })

const migrations = { "0001_journal": all(create), "0002_pruned": all(prune) }

/** The newest schema this program knows. */
export const SCHEMA_VERSION = Object.keys(migrations).length

export const migrate = Migrator.make({})({ loader: Migrator.fromRecord(migrations) })
