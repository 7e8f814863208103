/** A cluster of this machine as a site of the backend, with workers of this repository. */
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import type { SlurmOptions } from "../src/index.ts"
import { type Cluster, type ClusterOptions, startCluster } from "./cluster.ts"

const command = fileURLToPath(new URL("../../../packages/cli/src/bin.ts", import.meta.url))

/** `time-transfer worker` of the sources. */
export const workerOf = (backend: string): readonly [string, ...Array<string>] => [
  process.execPath,
  "--conditions=@ts/source",
  command,
  "worker",
  "--backend",
  backend,
]

export interface TestSite {
  readonly cluster: Cluster
  readonly shared: string
  readonly options: (backend: string, more?: Partial<SlurmOptions>) => SlurmOptions
  readonly stop: () => Promise<void>
}

/** Everything looks often and waits for nothing: a test does not want to. */
export const hurried = {
  pollSeconds: 0.1,
  queueSeconds: 0.3,
  gatherSeconds: 0.1,
  startupSeconds: 0.01,
  graceSeconds: 20,
  lostSeconds: 1,
}

/** This process's commands speak to the cluster from then on. */
export const startSite = async (options?: ClusterOptions): Promise<TestSite> => {
  const cluster = await startCluster(options)
  process.env["SLURM_CONF"] = cluster.env.SLURM_CONF
  const shared = mkdtempSync(join(tmpdir(), "tt-shared-"))
  return {
    cluster,
    shared,
    options: (backend, more = {}) => ({
      shared,
      worker: workerOf(backend),
      // Hundreds of workers start: faster when what they run is compiled once.
      environment: { NODE_COMPILE_CACHE: join(tmpdir(), "time-transfer-test-compiled") },
      ...hurried,
      ...more,
    }),
    stop: async () => {
      await cluster.stop()
      rmSync(shared, { recursive: true, force: true })
    },
  }
}
