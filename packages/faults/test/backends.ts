/**
 * Puts the backends of this repository under all faults.
 *
 *     node --conditions=@ts/source packages/faults/test/backends.ts [--seed N] [--only cpu]
 */
import { rmSync } from "node:fs"
import { dirname } from "node:path"
import { parseArgs } from "node:util"
import type { RunSpecInput } from "@ts/backend"
import { clusterUnavailable } from "../../../plugins/slurm/test/cluster.ts"
import { SHARED } from "../../../plugins/slurm/test/faultsBackend.ts"
import { startSite } from "../../../plugins/slurm/test/site.ts"
import { makeBench } from "../src/bench.ts"
import { faultCases } from "../src/faultCases.ts"
import { bundled } from "./bundled.ts"
import { workers } from "./forking.ts"

const { values } = parseArgs({
  options: { seed: { type: "string", default: String(Date.now() % 1_000_000) }, only: { type: "string", default: "" } },
})
const seed = Number(values.seed)
console.log(`seed ${seed}`)

const sgd: Partial<RunSpecInput> = { optimizer: { kind: "sgd", momentum: 0, clip: null, decay: "independent" } }
const subjects = [
  { name: "chain", module: "./chain.ts", export: "layer" },
  { name: "forking", module: "./forking.ts", export: "layer", asItIs: true },
  {
    name: "least-squares",
    module: "../../../plugins/least-squares/src/index.ts",
    export: "LeastSquaresBackend.layer",
    spec: sgd,
  },
  { name: "surrogate", module: "../../../plugins/surrogate/src/index.ts", export: "SurrogateBackend.layer" },
  { name: "process", module: "../../../plugins/process/test/workers.ts", export: "surrogate", asItIs: true },
  {
    name: "slurm",
    module: "../../../plugins/slurm/test/faultsBackend.ts",
    export: "layer",
    asItIs: true,
    cluster: true,
    silence: 10_000,
  },
  { name: "cpu", module: "../../../plugins/cpu/src/index.ts", export: "CpuBackend.layer", asItIs: true },
].filter(({ name }) => name.startsWith(values.only))

let wrong = 0
for (const { name, module, asItIs = false, cluster = false, silence = 2000, ...options } of subjects) {
  const absent = cluster ? clusterUnavailable() : undefined
  if (absent !== undefined) {
    console.log(`${name}: skipped: ${absent}`)
    continue
  }
  const site = cluster ? await startSite() : undefined
  if (site !== undefined) process.env[SHARED] = site.shared
  const url = new URL(module, import.meta.url)
  // A native addon and the program of a worker are found beside their sources.
  const processes = asItIs ? undefined : await bundled(url, options.export)
  const bench = await makeBench(url, {
    ...options,
    seed,
    ...(processes === undefined ? {} : { processes: async () => processes }),
  })
  const cases = faultCases({ kills: 8, silence, ...(name === "forking" ? { workers } : {}) })
  let [passed, skipped] = [0, 0]
  for (const { name: fault, skip, run } of cases) {
    if (skip?.(bench) !== undefined) {
      skipped++
      continue
    }
    try {
      await run(bench)
      passed++
    } catch (error) {
      wrong++
      console.log(`${name}: ${fault}: ${(error as Error).message}`)
    }
  }
  console.log(`${name}: ${cases.length} faults, ${passed} passed, ${skipped} do not apply`)
  await site?.stop()
  if (processes !== undefined) rmSync(dirname(processes.driver!), { recursive: true })
}
process.exitCode = wrong > 0 ? 1 : 0
