/**
 * One study of about a million tokens on the CPU and on WebGPU: whether both find the same best learning rates, within their errors.
 *
 *     pnpm exec node --conditions=@ts/source bench/webgpu/study.ts
 *
 * `VK_ICD_FILENAMES` names the driver; Chromium's SwiftShader or an unpacked lavapipe otherwise. Ends with 1 where a cell disagrees.
 */
import { existsSync } from "node:fs"
import { join } from "node:path"
import { Effect, Layer, Stream } from "effect"
import type { Backend, BackendError } from "../../packages/backend/src/index.ts"
import { DataSource } from "../../packages/data/src/index.ts"
import { fitLaw, isEstimate, standardErrorOf } from "../../packages/fit/src/index.ts"
import { Store, Study, Sweep } from "../../packages/sweep/src/index.ts"
import { CpuBackend } from "../../plugins/cpu/src/index.ts"
import { WebGpuBackend } from "../../plugins/webgpu/src/index.ts"

const drivers = [
  join(import.meta.dirname, "../../plugins/webgpu/build/lavapipe/icd.json"),
  "/usr/lib/chromium/vk_swiftshader_icd.json",
]
const driver = drivers.find((file) => existsSync(file))
if (driver !== undefined) process.env["VK_ICD_FILENAMES"] ??= driver

const study = Study.make({
  name: "both",
  model: { d_model: 32, n_layers: 1, n_heads: 2, max_seq_len: 32 },
  parametrisation: { kind: "mup", baseWidth: 32 },
  optimizer: { kind: "adamw", decay: "independent" },
  schedule: { kind: "constant_with_warmup", warmup: 2 ** 11 },
  batch: [2 ** 7, 2 ** 9],
  horizon: [2 ** 15, 2 ** 16],
  eta: { octaves: { center: 2 ** -6.5, from: -2, to: 2, step: 1 } },
  data: { synthetic: { vocabulary: 64, order: 1, seed: 1 }, validation: { tokens: 2 ** 12, seed: 1 } },
  seeds: [1, 2],
})

interface Optimum {
  readonly batch: number
  readonly tokens: number
  /** log2 of the best learning rate, and its standard error. */
  readonly value: number
  readonly error: number
}

const optimaOn = (backend: Layer.Layer<Backend, BackendError, DataSource>) =>
  Effect.gen(function* () {
    const began = performance.now()
    const plan = yield* Sweep.plan(study)
    const summary = (yield* Stream.runCollect(Sweep.run(plan))).at(-1)
    if (summary?._tag !== "Summary" || summary.failed.length > 0) throw new Error(JSON.stringify(summary))
    const rows = yield* Store.rows(study)
    const { cells } = fitLaw(rows)
    const found = cells.flatMap(
      ({ batch, tokens, eta }): ReadonlyArray<Optimum> =>
        isEstimate(eta)
          ? [{ batch, tokens, value: Math.log2(eta.value), error: (standardErrorOf(eta) ?? Number.NaN) / Math.LN2 }]
          : [],
    )
    return { found, rows, tokens: summary.tokens, seconds: (performance.now() - began) / 1000 }
  }).pipe(Effect.provide(Layer.merge(backend.pipe(Layer.provide(DataSource.layer())), Store.memory)), Effect.runPromise)

const cpu = await optimaOn(CpuBackend.layerWith())
const gpu = await optimaOn(WebGpuBackend.layerWith())
const losses = new Map(cpu.rows.map(({ runId, tokens, loss }) => [`${runId} ${tokens}`, loss]))
const apart = gpu.rows.map(({ runId, tokens, loss }) => Math.abs(loss - losses.get(`${runId} ${tokens}`)!))
console.log(`${cpu.tokens} tokens: CPU ${cpu.seconds.toFixed(0)} s, WebGPU ${gpu.seconds.toFixed(0)} s`)
// Runs near divergence multiply last bits; the others do not.
const sorted = [...apart].sort((a, b) => a - b)
console.log(
  `losses differ by ${sorted[sorted.length >> 1]!.toExponential(1)} nats in the median, ${sorted.at(-1)!.toExponential(1)} at most, over ${sorted.length} readings`,
)
let disagree = cpu.found.length === 0 ? 1 : 0
for (const one of cpu.found) {
  const other = gpu.found.find(({ batch, tokens }) => batch === one.batch && tokens === one.tokens)
  const error = Math.hypot(one.error, other?.error ?? Number.NaN)
  const away = Math.abs(one.value - (other?.value ?? Number.NaN)) / error
  if (!(away <= 1)) disagree++
  const at = `B = 2^${Math.log2(one.batch)}, T = 2^${Math.log2(one.tokens)}`
  console.log(
    `${at}: log2 eta* ${one.value.toFixed(3)} ± ${one.error.toFixed(3)} and ${other?.value.toFixed(3)} ± ${other?.error.toFixed(3)}: ${away.toFixed(2)} standard errors apart`,
  )
}
process.exit(disagree > 0 ? 1 : 0)
