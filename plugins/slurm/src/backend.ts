/** A Slurm cluster as a backend: `SlurmBackend.layerWith({ shared: "/scratch/me/tt", ... })`. */
import { randomUUID } from "node:crypto"
import { mkdtemp, readFile, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { basename, join } from "node:path"
import {
  Backend,
  type BackendError,
  type Capabilities,
  CheckpointStore,
  checkCapable,
  fileCheckpoints,
  runId,
} from "@ts/backend"
import { type DataSource, publishedFiles } from "@ts/data"
import { makePublishing } from "@ts/worker"
import { Context, Effect, FileSystem, Layer, Path, type Scope, Stream } from "effect"
import { makeAbandon } from "./abandon.ts"
import { makeAttendance } from "./attend.ts"
import { slurmClient } from "./client.ts"
import { describeSite, forgetDescription } from "./describe.ts"
import { slurmError } from "./errors.ts"
import { type Cluster, follow } from "./follow.ts"
import type { Host } from "./host.ts"
import { hostFiles } from "./hostFiles.ts"
import { cancelAll, type RunJob, runJobs } from "./jobs.ts"
import { openLedger } from "./ledger.ts"
import { openHost } from "./openHost.ts"
import { type Site, type SlurmOptions, siteOf } from "./options.ts"
import { makeSubmitter } from "./submit.ts"
import { minutesOf } from "./timeLimit.ts"

/** Bundles that wait for a job, for each that runs: so short ones find company. */
const AHEAD = 4

const rootOf = ({ shared, name }: Site): string => `${shared}/${name}`
const jobName = (site: Site) => (id: string) => `tt-${site.name}-${id}`
const checkpointsOf = (site: Site): string => site.checkpoints ?? `${rootOf(site)}/checkpoints`

const storeAt = (host: Host, folder: string): Effect.Effect<CheckpointStore["Service"]> =>
  CheckpointStore.pipe(
    Effect.provide(
      fileCheckpoints(folder).pipe(
        Layer.provide(Layer.merge(Path.layer, Layer.succeed(FileSystem.FileSystem, hostFiles(host)))),
      ),
    ),
  )

const scratch: Effect.Effect<string, never, Scope.Scope> = Effect.acquireRelease(
  Effect.promise(() => mkdtemp(join(tmpdir(), "time-transfer-"))),
  (folder) => Effect.promise(() => rm(folder, { recursive: true, force: true })),
)

/** Takes a published corpus to the shared folder; what is there already stays. */
const delivering = (host: Host, folder: string) => (manifest: string) =>
  Effect.gen(function* () {
    const files = yield* Effect.mapError(publishedFiles(manifest), ({ message }) =>
      slurmError("Data", message, { field: "data" }),
    )
    const shards = files.filter((file) => file !== manifest)
    yield* Effect.forEach(shards, (file) => host.putFile(file, `${folder}/${basename(file)}`), { discard: true })
    const path = `${folder}/${basename(manifest)}`
    const content = yield* Effect.promise(() => readFile(manifest))
    yield* host.writeFiles([{ path, content }])
    return path
  })

/** A site with the one connection to it. */
class Reached extends Context.Service<Reached, { readonly site: Site; readonly host: Host }>()(
  "@ts/backend-slurm/Reached",
) {}

const reach = Effect.fnUntraced(function* (options: SlurmOptions) {
  const site = yield* siteOf(options)
  return Reached.of({ site, host: yield* openHost(site) })
})

const make = Effect.gen(function* () {
  const { site, host } = yield* Reached
  const { worker } = site
  if (worker === undefined)
    return yield* slurmError(
      "InvalidSpec",
      'slurm: worker is missing; name the command that trains on a node, like ["time-transfer", "worker", "--backend", "cpu"]',
      { field: "worker" },
    )
  const client = slurmClient(host, site)
  const root = rootOf(site)
  const { maxArraySize, partition } = yield* client.limits
  const minutes = site.time === undefined ? undefined : minutesOf(site.time)
  if (minutes !== undefined && minutes > (partition.maxMinutes ?? Number.POSITIVE_INFINITY))
    return yield* slurmError(
      "Unavailable",
      `time is ${JSON.stringify(site.time)}, which is over the limit of partition ${partition.name}, ${partition.maxMinutes} minutes; ask for less`,
      { field: "time" },
    )
  const jobs = site.jobs ?? Math.max(1, Math.min(1000, Math.floor(partition.cpus / (site.cpusPerTask ?? 1))))
  const submitting = {
    root,
    nameOf: jobName(site),
    worker,
    maxTasks: maxArraySize - 1,
    jobs,
  }
  const attendance = yield* makeAttendance(host, client, site)
  // Asked beside the studies: their ledgers know nothing of it.
  const asking = { ...submitting, root: `${site.shared}/describe` }
  const hello = yield* describeSite(host, client, site, attendance, asking)
  const ledger = yield* openLedger(host, client, root, submitting.nameOf)
  const publishing = yield* makePublishing(
    "slurm",
    site.host === undefined ? `${root}/data` : yield* scratch,
    site.host === undefined ? Effect.succeed : delivering(host, `${root}/data`),
  )
  const capabilities: Capabilities = {
    ...hello.capabilities,
    backend: "slurm",
    device: `${hello.capabilities.device}, Slurm partition ${partition.name}`,
    concurrency: AHEAD * jobs,
    startupSeconds: site.startupSeconds,
  }

  const cluster: Cluster = {
    capabilities,
    needs: hello.needs,
    publishing,
    ledger,
    submitter: yield* makeSubmitter(host, client, site, ledger, submitting),
    attendance,
    checkpoints: checkpointsOf(site),
    mirrorFolder: () => `${root}/mirrors/${randomUUID()}`,
    remove: host.remove,
    storeAt: (folder) => storeAt(host, folder),
    outdated: forgetDescription(host, site, worker),
    abandon: yield* makeAbandon(host, client, site, ledger),
    onInterrupt: site.onInterrupt,
  }

  return Backend.of({
    capabilities,
    prepare: Effect.fnUntraced(function* (assignments) {
      const refusal = checkCapable(capabilities, assignments)
      if (refusal !== undefined) return yield* refusal
      yield* ledger.settle(new Set(assignments.map(({ spec }) => runId(spec))))
      return hello.needs.includes("data") ? yield* publishing.prepare(assignments) : { data: [] }
    }),
    train: (bundle) => {
      const refusal = checkCapable(capabilities, bundle)
      return refusal === undefined ? follow(cluster, bundle) : Stream.fail(refusal)
    },
  })
})

const backendLayer = Layer.effect(Backend, make)
const checkpointsLayer = Layer.effect(
  CheckpointStore,
  Effect.flatMap(Reached, ({ site, host }) => storeAt(host, checkpointsOf(site))),
)
const reached = (options: SlurmOptions) => Layer.effect(Reached, reach(options))

export const SlurmBackend = {
  /** A node is asked what it can do when the layer is built first, by a job of a moment. */
  layerWith: (options: SlurmOptions): Layer.Layer<Backend, BackendError, DataSource> =>
    backendLayer.pipe(Layer.provide(reached(options))),
  /** The same, and the study's checkpoints on the shared folder: a study that keeps them there has none to copy. */
  layerWithCheckpoints: (options: SlurmOptions): Layer.Layer<Backend | CheckpointStore, BackendError, DataSource> =>
    Layer.merge(backendLayer, checkpointsLayer).pipe(Layer.provide(reached(options))),
  /** Runs of the study that jobs work on, or have: by what the shared folder and the queue say, without a driver. */
  jobs: (options: SlurmOptions): Effect.Effect<ReadonlyArray<RunJob>, BackendError> =>
    Effect.scoped(
      Effect.gen(function* () {
        const { site, host } = yield* reach(options)
        const client = slurmClient(host, site)
        const live = (yield* openLedger(host, client, rootOf(site), jobName(site))).live()
        return yield* runJobs(client, live)
      }),
    ),
  /** Ends all jobs of the study, and waits until they have written their checkpoints; gives how many there were. */
  cancel: (options: SlurmOptions): Effect.Effect<number, BackendError> =>
    Effect.scoped(
      Effect.gen(function* () {
        const { site, host } = yield* reach(options)
        return yield* cancelAll(host, slurmClient(host, site), site, rootOf(site), jobName(site))
      }),
    ),
}
