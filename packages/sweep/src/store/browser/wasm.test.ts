import { CheckpointStore, type RunId } from "@ts/backend"
import { LeastSquaresBackend } from "@ts/backend-least-squares"
import { Context, Effect, Layer, Stream } from "effect"
import { describe, expect, it } from "vitest"
import { Study, Sweep } from "../../index.ts"
import { makeStore } from "../makeStore.ts"
import { Store } from "../Store.ts"
import { migrate } from "../schema.ts"
import { atFirstHand, sqliteClient } from "../sqlite.ts"
import { platform } from "./platform.ts"
import { databaseShelf } from "./shelf.ts"
import { loadSqlite, sqliteFileOf } from "./wasm.ts"

/** The store of a page, in memory: all of it but the file system, which is tried in a browser by `examples/playground`. */
const onPage = Layer.effectContext(
  Effect.gen(function* () {
    const { file, checkpoints } = yield* platform.open(":memory:")
    const client = yield* Layer.build(sqliteClient(file))
    const store = yield* Effect.andThen(migrate, makeStore(":memory:")).pipe(Effect.provideContext(client))
    return Context.make(Store, Store.of(store)).pipe(Context.add(CheckpointStore, checkpoints))
  }),
)

const study = Study.make({
  name: "wasm",
  model: { d_model: 32, n_layers: 1, n_heads: 1, max_seq_len: 1, vocab_size: 64 },
  parametrisation: { kind: "standard" },
  optimizer: { kind: "sgd", momentum: 0, clip: null, decay: "independent" },
  schedule: { kind: "constant" },
  data: { synthetic: { vocabulary: 64, order: 1, seed: 1 } },
  batch: [2, 8],
  horizon: [2 ** 8, 2 ** 10],
  eta: [0.03, 0.3, 30],
})

const swept = Effect.gen(function* () {
  const events = yield* Stream.runCollect(Sweep.run(yield* Sweep.plan(study)))
  const left = (yield* Sweep.plan(study)).cost.runs
  const store = yield* Store
  yield* store.rebuild
  return { summary: { ...events.at(-1), seconds: 0 }, left, rows: yield* store.rows(study) }
})

describe("the store of a page", () => {
  it("gives the rows of Node's store, to the last bit, and leaves nothing to do", async () => {
    const on = <E>(store: Layer.Layer<Store | CheckpointStore, E>) =>
      Effect.runPromise(Effect.provide(swept, Layer.merge(store, LeastSquaresBackend.layer)))
    const page = await on(onPage)
    expect(page).toEqual(await on(Store.memory))
    expect(page.left).toBe(0)
    expect(page.rows.some(({ status }) => status === "diverged")).toBe(true)
  })

  it("throws what SQLite says, with its code, and the statement works again", async () => {
    const sqlite = await loadSqlite()
    const db = atFirstHand(sqliteFileOf(sqlite, new sqlite.oo1.DB(":memory:")))
    db.run("CREATE TABLE t (x INTEGER PRIMARY KEY, y REAL, z BLOB) STRICT")
    const insert = () => db.run("INSERT INTO t VALUES (?, ?, ?)", 2 ** 40, 0.1 + 0.2, new Uint8Array([1, 2]))
    insert()
    expect(insert).toThrow(expect.objectContaining({ errcode: 1555 }))
    expect(() => db.run("SELEC")).toThrow(expect.objectContaining({ errcode: 1 }))
    db.run("DELETE FROM t")
    insert()
    expect(db.all("SELECT * FROM t")).toEqual([{ x: 2 ** 40, y: 0.1 + 0.2, z: new Uint8Array([1, 2]) }])
    expect(db.get("SELECT x FROM t WHERE x = ?", 1)).toBe(undefined)
  })
})

describe("checkpoints in a database", () => {
  const id = "a run" as RunId
  const ref = (hash: string, tokens: number) => ({
    hash,
    runId: id,
    numericsId: "n",
    tokens,
    step: tokens,
    averages: [],
  })

  it("replaces all at once or not at all", async () => {
    const sqlite = await loadSqlite()
    const file = atFirstHand(sqliteFileOf(sqlite, new sqlite.oo1.DB(":memory:")))
    const shelf = databaseShelf(file)
    const [a, b] = [ref("a", 1), ref("b", 2)]
    shelf.write({ ref: a, rolling: true }, new Uint8Array([1]), [])
    const failing = databaseShelf({
      ...file,
      run: (sql, ...params) => {
        if (sql.startsWith("DELETE")) throw new Error("full")
        file.run(sql, ...params)
      },
    })
    expect(() => failing.write({ ref: b, rolling: true }, new Uint8Array([2]), [a])).toThrow("full")
    expect(shelf.list(a.runId)).toEqual([{ ref: a, rolling: true }])
    shelf.write({ ref: b, rolling: true }, new Uint8Array([2]), [a])
    shelf.keep(b)
    expect(shelf.list(a.runId)).toEqual([{ ref: b, rolling: false }])
    expect([shelf.read(a), shelf.read(b)]).toEqual([undefined, new Uint8Array([2])])
  })
})
