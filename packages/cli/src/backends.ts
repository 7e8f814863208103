/** The backends that come with the command, by name. */
import { existsSync } from "node:fs"
import { delimiter, join } from "node:path"
import { Backend, BackendError } from "@ts/backend"
import { CpuBackend, cpuAvailability } from "@ts/backend-cpu"
import { LeastSquaresBackend } from "@ts/backend-least-squares"
import { ProcessBackend } from "@ts/backend-process"
import { SlurmBackend, type SlurmOptions } from "@ts/backend-slurm"
import { SurrogateBackend } from "@ts/backend-surrogate"
import type { DataSource } from "@ts/data"
import { referenceDevice } from "@ts/program"
import { trainerBackend } from "@ts/trainer"
import { Effect, type FileSystem, Layer, Option, Schema, SchemaTransformation } from "effect"
import { Flag } from "effect/cli"
import { type CliError, inputError } from "./exit.ts"
import type { FlagValues } from "./flagValues.ts"
import { siteFlags, siteOptions } from "./site.ts"
import { choice, webgpu } from "./webgpu.ts"

type BackendLayer = Layer.Layer<Backend, BackendError, DataSource>

export type Availability =
  | {
      readonly available: true
      /** What it would train on, where that is a question. */
      readonly device?: string
    }
  | { readonly available: false; readonly reason: string }

export interface Registered {
  readonly description: string
  /** Whether it can be used here, or why not. */
  readonly availability: Effect.Effect<Availability>
  /** Whether its runs read tokens. */
  readonly needsData: boolean
  /** Why `--lanes` would say nothing to it. */
  readonly noLanes?: string
  readonly layer: (options: BackendOptions) => BackendLayer
}

/** What devices that train here are told. */
export interface TrainerSettings {
  /** Wall time between rolling checkpoints of a run, milliseconds; the backend's own unless given. */
  readonly checkpointMillis?: number
  /** Most runs of one shape side by side on the device; the backend's own unless given. */
  readonly lanes?: number
}

export interface BackendOptions {
  readonly trainer: TrainerSettings
  /** Program and arguments of a worker. */
  readonly command?: readonly [string, ...Array<string>]
  readonly site?: SlurmOptions
}

/** Fails when the layer is built: before anything is trained. */
const missing = (backend: string, flag: string, example: string): BackendLayer =>
  Layer.effect(
    Backend,
    new BackendError({
      backend,
      reason: "Unavailable",
      message: `${flag}: the backend ${backend} needs it; for example ${flag} ${example}`,
      retryable: false,
      field: flag,
    }),
  )

const noDevice = "holds no runs on a device; leave it out"

const always = Effect.succeed({ available: true } as const)

const onPath = (command: string): boolean =>
  (process.env["PATH"] ?? "").split(delimiter).some((folder) => folder !== "" && existsSync(join(folder, command)))

export const backends = {
  cpu: {
    description:
      "native kernels, one trial per core; falls back openly to the reference device where they are not built",
    availability: Effect.sync(cpuAvailability),
    needsData: true,
    layer: ({ trainer }) => CpuBackend.layerWith({ fallback: "reference", ...trainer }),
  },
  webgpu: {
    description:
      "any GPU with Vulkan, Metal or D3D12, eight trials side by side (needs the npm package webgpu beside the command)",
    availability: Effect.gen(function* () {
      const { webgpuAvailability } = yield* webgpu
      const found = yield* Effect.promise(() => webgpuAvailability(choice))
      if (!found.available) return found
      return { available: true, device: found.software ? `${found.adapter} (in software)` : found.adapter }
    }),
    needsData: true,
    layer: ({ trainer }) =>
      Layer.unwrap(Effect.map(webgpu, ({ WebGpuBackend }) => WebGpuBackend.layerWith({ ...choice, ...trainer }))),
  },
  reference: {
    description: "the slow, obvious float64 device: runs anywhere, for checking the others (precision f64)",
    availability: always,
    needsData: true,
    layer: ({ trainer }) => trainerBackend({ ...trainer, name: "reference", device: referenceDevice() }),
  },
  "least-squares": {
    description: "SGD on power-law least squares with exact risk: nothing is trained, the true law is known",
    availability: always,
    needsData: false,
    noLanes: noDevice,
    layer: () => LeastSquaresBackend.layer,
  },
  surrogate: {
    description: "losses drawn from a declared law with noise: nothing is trained, rows say that they are synthetic",
    availability: always,
    needsData: false,
    noLanes: noDevice,
    layer: () => SurrogateBackend.layer,
  },
  process: {
    description: "any command that speaks the worker protocol, your own trainer for example (--command)",
    availability: always,
    needsData: true,
    noLanes: "goes by what its worker says it holds; tell the worker, within --command",
    layer: ({ command }) =>
      command === undefined
        ? missing("process", "--command", "'python3 trainer.py'")
        : ProcessBackend.layerWith({ command }),
  },
  slurm: {
    description: "jobs of a Slurm cluster, from its login node or over ssh (--shared, --partition, --site, ...)",
    availability: Effect.sync(() =>
      onPath("sbatch")
        ? { available: true }
        : { available: false, reason: "there is no sbatch on this machine's path; name a login node by --host" },
    ),
    needsData: true,
    layer: ({ site }) =>
      site === undefined ? missing("slurm", "--shared", "/scratch/$USER/time-transfer") : SlurmBackend.layerWith(site),
  },
} satisfies Record<string, Registered>

export type BackendName = keyof typeof backends
export const backendNames = Object.keys(backends) as Array<BackendName>

const backendFlag = Flag.Literals("backend", backendNames).pipe(
  Flag.withAlias("b"),
  Flag.withDescription("What trains the runs (see: time-transfer backends)"),
  Flag.withDefault("cpu" as const),
)

export const lanesFlag = Flag.Int("lanes").pipe(
  Flag.withSchema(Schema.Int.check(Schema.isGreaterThan(0, { message: "Expected one run or more" }))),
  Flag.withDescription(
    "Most runs of one shape side by side on a device: fewer take less memory; 8 on a GPU and 1 on a core unless given",
  ),
  Flag.optional,
)

/** "500ms", "20s" or "5min". */
const wallTime = Schema.String.check(
  Schema.isPattern(/^\d+(\.\d+)?(ms|s|min)$/, { message: 'Expected a time such as "500ms", "20s" or "5min"' }),
)
const millis = { ms: 1, s: 1000, min: 60_000 }

export const checkpointEveryFlag = Flag.String("checkpoint-every").pipe(
  Flag.withSchema(wallTime),
  Flag.map((text) => {
    const [, value, unit] = /^([\d.]+)(ms|s|min)$/.exec(text)!
    return Number(value) * millis[unit as keyof typeof millis]
  }),
  Flag.withDescription('Time a kill may cost a run, as "500ms", "20s" or "5min"; 20s unless given'),
  Flag.optional,
)

const wordsIn = (text: string): readonly [string, ...Array<string>] => {
  const trimmed = text.trim()
  if (!trimmed.startsWith("[")) return trimmed.split(/\s+/) as [string, ...Array<string>]
  try {
    return JSON.parse(trimmed)
  } catch {
    return [""] // no program has that name: it is refused
  }
}

/** Words between white space, or a JSON list where one holds some. */
const words = Schema.String.pipe(
  Schema.decodeTo(
    Schema.NonEmptyArray(Schema.NonEmptyString),
    SchemaTransformation.transform({
      decode: wordsIn,
      encode: (list) => JSON.stringify(list),
    }),
  ),
)

export const backendFlags = {
  backend: backendFlag,
  command: Flag.String("command").pipe(
    Flag.withSchema(words),
    Flag.withDescription(
      `A worker for --backend process: program and arguments ('python3 trainer.py', or '["python3", "my trainer.py"]')`,
    ),
    Flag.optional,
  ),
  lanes: lanesFlag,
  ...siteFlags,
}
export type BackendFlags = FlagValues<typeof backendFlags>

export const trainerSettings = (
  backend: BackendName,
  lanes: Option.Option<number>,
): Effect.Effect<TrainerSettings, CliError> => {
  if (Option.isNone(lanes)) return Effect.succeed({})
  const { noLanes }: Registered = backends[backend]
  return noLanes === undefined
    ? Effect.succeed({ lanes: lanes.value })
    : Effect.fail(inputError(`--lanes: the backend ${backend} ${noLanes}`))
}

/** What the flags say of the backend, for the study whose results lie in `folder`. */
export const backendOptions = Effect.fnUntraced(function* (
  flags: BackendFlags,
  study: { readonly name: string; readonly folder: string },
  checkpointMillis: number | undefined,
): Effect.fn.Return<BackendOptions, CliError, FileSystem.FileSystem> {
  const command = Option.getOrUndefined(flags.command)
  const trains = flags.backend === "slurm" ? flags.workerBackend : flags.backend
  return {
    trainer: {
      ...(yield* trainerSettings(trains, flags.lanes)),
      ...(checkpointMillis === undefined ? {} : { checkpointMillis }),
    },
    ...(command === undefined ? {} : { command }),
    ...(flags.backend === "slurm" ? { site: yield* siteOptions(flags, study) } : {}),
  }
})
