/** A study on disk: the file that declares it and the folder that holds what it measured. */
import { existsSync } from "node:fs"
import { basename, dirname, extname, isAbsolute, join, resolve } from "node:path"
import type { CheckpointStore } from "@ts/backend"
import { SlurmBackend } from "@ts/backend-slurm"
import { DataSource } from "@ts/data"
import { Store, Study } from "@ts/sweep"
import { Effect, Layer, Option } from "effect"
import { Argument, Flag } from "effect/cli"
import { type BackendFlags, backendOptions, backends, type Registered } from "./backends.ts"
import { toCliError } from "./exit.ts"
import { loadModule } from "./loadModule.ts"

export const studyArgument = Argument.String("study").pipe(
  Argument.withDescription("A study file: .ts or .js with a default export, or .json"),
)

export const folderFlag = Flag.String("out").pipe(
  Flag.withAlias("o"),
  Flag.withDescription("Folder of the study's results; the study's name in the working directory unless given"),
  Flag.optional,
)

export interface StudyOnDisk {
  readonly study: Study
  readonly file: string
  readonly folder: string
  readonly database: string
  readonly report: string
}

export const openStudy = Effect.fn("openStudy")(function* (file: string, out: Option.Option<string>) {
  const document = yield* loadModule(file, "a study", "export default Study.make({ ... })")
  const study = yield* Effect.mapError(Study.decode(document), toCliError)
  const folder = Option.getOrElse(out, () => (study.name === "study" ? basename(file, extname(file)) : study.name))
  const home = isAbsolute(folder) ? folder : resolve(folder)
  return {
    study,
    file: resolve(file),
    folder: home,
    database: join(home, "study.db"),
    report: join(home, "report.html"),
  } satisfies StudyOnDisk
})

/** The study's store as it is; looking at a study that has none yet makes none. */
export const storeLayer = ({ database }: StudyOnDisk) =>
  Layer.suspend(() => (existsSync(database) ? Store.sqlite(database) : Store.memory))

/** Everything a plan is made with. */
export const planLayer = Effect.fnUntraced(function* (on: StudyOnDisk, flags: BackendFlags) {
  return yield* studyLayer(on, flags, storeLayer(on))
})

/** Everything a sweep runs on; the study's folder is made when it is not there. */
export const sweepLayer = Effect.fnUntraced(function* (
  on: StudyOnDisk,
  flags: BackendFlags,
  checkpointMillis: number | undefined,
) {
  return yield* studyLayer(on, flags, Store.sqlite(on.database), checkpointMillis)
})

const studyLayer = Effect.fnUntraced(function* <E>(
  on: StudyOnDisk,
  flags: BackendFlags,
  store: Layer.Layer<Store | CheckpointStore, E>,
  checkpointMillis?: number,
) {
  const options = yield* backendOptions(flags, { name: on.study.name, folder: on.folder }, checkpointMillis)
  const data = DataSource.layer({ base: dirname(on.file) })
  const { site } = options
  // Checkpoints of a cluster's runs stay on its shared folder, unless that is where the study's are anyway.
  if (site !== undefined && site.checkpoints === undefined)
    return Layer.merge(store, SlurmBackend.layerWithCheckpoints(site).pipe(Layer.provide(data)))
  const registered: Registered = backends[flags.backend]
  // A backend that is not to be had leaves no folder of a study behind.
  return Layer.provideMerge(store, registered.layer(options).pipe(Layer.provide(data)))
})
