/** Flags of the cluster: where jobs run and what a site wants to hear about them. */
import { createHash } from "node:crypto"
import { existsSync, realpathSync } from "node:fs"
import { basename, dirname, join, relative, resolve } from "node:path"
import type { SlurmOptions } from "@ts/backend-slurm"
import { Effect, type FileSystem, Option, Schema } from "effect"
import { Flag } from "effect/cli"
import manifest from "../package.json" with { type: "json" }
import { type CliError, inputError } from "./exit.ts"
import type { FlagValues } from "./flagValues.ts"
import { loadModule } from "./loadModule.ts"

const text = (name: string, description: string) =>
  Flag.String(name).pipe(Flag.withDescription(description), Flag.optional)

/** Backends that a worker on a node can train with. */
export const workerBackends = ["cpu", "webgpu", "reference", "least-squares", "surrogate"] as const

export const siteFlags = {
  shared: text("shared", "Folder that login and compute nodes share, for --backend slurm"),
  partition: text("partition", "Partition of its jobs; the cluster's default unless given"),
  account: text("account", "Account that is charged for them"),
  gres: text("gres", 'Generic resources of a job, as "gpu:1"'),
  time: text("time", 'Time limit of a job, as "4h"; the partition\'s default unless given'),
  constraint: text("constraint", "Features that its nodes must have"),
  host: text("host", "Login node to reach by ssh (me@login); this machine unless given"),
  site: text("site", "File with all options of a site (.json, or .ts with a default export); flags win over it"),
  workerBackend: Flag.Literals("worker-backend", workerBackends).pipe(
    Flag.withDescription("What trains on the nodes, where the site names no worker of its own"),
    Flag.withDefault("cpu" as const),
  ),
}
export type SiteFlags = FlagValues<typeof siteFlags> & { readonly lanes?: Option.Option<number> }

const Site = Schema.Record(Schema.String, Schema.Unknown)

const siteFile = (file: string): Effect.Effect<Partial<SlurmOptions>, CliError, FileSystem.FileSystem> =>
  Effect.gen(function* () {
    const loaded = yield* loadModule(file, "a site", "export default { shared: ... }")
    return yield* Effect.mapError(Schema.decodeUnknownEffect(Site)(loaded), () =>
      inputError(`${file} holds no site: an object such as { "shared": "/scratch/me/time-transfer" }`),
    ) as Effect.Effect<Partial<SlurmOptions>, CliError>
  })

/** This very command, as a node that shares the login node's files can run it; on another machine, the one on its path. */
const workerCommand = (
  { workerBackend, lanes = Option.none() }: SiteFlags,
  remote: boolean,
): readonly [string, ...Array<string>] => [
  ...((remote ? ["time-transfer"] : [process.execPath, ...process.execArgv, process.argv[1]!]) as [string]),
  "worker",
  "--backend",
  workerBackend,
  ...(Option.isSome(lanes) ? ["--lanes", String(lanes.value)] : []),
]

/** As part of a job's name and of a path; where something had to go, with a hash, for other names may look alike then. */
const slug = (name: string): string => {
  const plain =
    name
      .replaceAll(/[^A-Za-z0-9._-]+/g, "-")
      .replace(/^[^A-Za-z0-9]+/, "")
      .slice(0, 80) || "study"
  return plain === name ? name : `${plain}-${createHash("sha256").update(name).digest("hex").slice(0, 8)}`
}

/** Inside `folder`, links resolved as far as there is something. */
const within = (path: string, folder: string): boolean => {
  const real = (at: string): string => (existsSync(at) ? realpathSync(at) : join(real(dirname(at)), basename(at)))
  const between = relative(real(resolve(folder)), real(resolve(path)))
  return !between.startsWith("..")
}

/** What flags and file say together; `study`: its name and the folder of its results. */
export const siteOptions = Effect.fnUntraced(function* (
  flags: SiteFlags,
  study: { readonly name: string; readonly folder: string },
): Effect.fn.Return<SlurmOptions, CliError, FileSystem.FileSystem> {
  const file = Option.isNone(flags.site) ? {} : yield* siteFile(flags.site.value)
  if (file.worker !== undefined && flags.lanes !== undefined && Option.isSome(flags.lanes))
    return yield* inputError("--lanes: the site names a worker of its own; tell that worker, in the site's `worker`")
  const given = Object.fromEntries(
    (["shared", "partition", "account", "gres", "time", "constraint"] as const).flatMap((name) =>
      Option.isSome(flags[name]) ? [[name, flags[name].value] as const] : [],
    ),
  )
  const host = Option.isSome(flags.host) ? { ssh: flags.host.value } : file.host
  const shared = given["shared"] ?? file.shared
  if (shared === undefined)
    return yield* inputError(
      "--shared: the backend slurm needs a folder that login and compute nodes share; for example --shared /scratch/$USER/time-transfer",
    )
  // Results on the shared file system: their checkpoints need no second home.
  const checkpoints =
    host === undefined && within(study.folder, shared) ? { checkpoints: `${study.folder}/checkpoints` } : {}
  return {
    name: slug(study.name),
    worker: workerCommand(flags, host !== undefined),
    expects: `time-transfer ${manifest.version}`,
    ...checkpoints,
    ...file,
    ...given,
    shared,
    ...(host === undefined ? {} : { host }),
  }
})
