/** A driver that is measured: one JSON line every few seconds, and one at the end. */
import { writeSync } from "node:fs"
import { join } from "node:path"
import { Effect, Layer, Logger, Stream } from "effect"

import { memoryCheckpoints } from "../../packages/backend/src/index.ts"
import { DataSource } from "../../packages/data/src/index.ts"
import { Store, Study, Sweep } from "../../packages/sweep/src/index.ts"
import { SlurmBackend, type SlurmOptions } from "../../plugins/slurm/src/index.ts"

export interface DriverTask {
  readonly folder: string
  readonly options: SlurmOptions
  readonly runs: number
  readonly logEvery: number
  /** Between samples. */
  readonly everySeconds: number
}

export interface Sample {
  /** Since the study began. */
  readonly seconds: number
  /** Of processor. */
  readonly cpu: number
  readonly events: number
  readonly runs: number
  /** After a collection, MiB. */
  readonly heap: number
  readonly rss: number
  /** From a line written to its event told, seconds: the median and the highest since the last sample. */
  readonly late: number
  readonly latest: number
}

const { folder, options, runs, logEvery, everySeconds } = JSON.parse(process.argv[2]!) as DriverTask
const HORIZON = 2 ** 16

const study = Study.make({
  name: "driver",
  model: { d_model: 64, n_layers: 2, n_heads: 4, max_seq_len: 32, vocab_size: 512 },
  parametrisation: { kind: "mup", baseWidth: 64 },
  optimizer: { kind: "adamw", decay: "independent" },
  schedule: { kind: "constant" },
  data: { synthetic: { vocabulary: 512, order: 1, seed: 1 } },
  batch: 64,
  horizon: [HORIZON / 2, HORIZON],
  eta: 0.01,
  seeds: Array.from({ length: runs }, (_, i) => i),
  logEvery,
})

let [events, done, spent] = [0, 0, 0]
let late: Array<number> = []
const cpu = () => {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1e6 - spent
}
let [began, before] = [performance.now(), cpu()]

const sample = (): Sample => {
  const collecting = cpu()
  globalThis.gc?.()
  const { heapUsed, rss } = process.memoryUsage()
  spent += cpu() - collecting
  const sorted = late.sort((a, b) => a - b)
  late = []
  return {
    seconds: (performance.now() - began) / 1000,
    cpu: cpu() - before,
    ...{ events, runs: done, heap: heapUsed / 2 ** 20, rss: rss / 2 ** 20 },
    ...{ late: sorted[sorted.length >> 1] ?? 0, latest: sorted.at(-1) ?? 0 },
  }
}
const tell = () => writeSync(1, `${JSON.stringify(sample())}\n`)

const program = Effect.gen(function* () {
  const plan = yield* Sweep.plan(study)
  began = performance.now()
  before = cpu()
  const timer = setInterval(tell, 1000 * everySeconds)
  yield* Stream.runForEach(Sweep.run(plan, { stageSeconds: 1e9 }), (event) =>
    Effect.sync(() => {
      if (event._tag !== "Journalled") return
      events++
      const { event: told } = event.entry
      if (told._tag === "Finished") done++
      if (told._tag === "Stepped") late.push(Date.now() / 1000 - told.loss)
    }),
  )
  clearInterval(timer)
  tell()
})

await Effect.runPromise(
  program.pipe(
    Effect.provide(
      Layer.mergeAll(
        SlurmBackend.layerWith(options).pipe(Layer.provide(DataSource.layer())),
        Store.sqlite(join(folder, "study.db")),
        memoryCheckpoints,
      ),
    ),
    Effect.provideService(Logger.LogToStderr, true),
  ),
)
