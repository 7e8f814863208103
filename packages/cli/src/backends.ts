/** The backends that come with the command, by name. */
import type { Backend, BackendError } from "@ts/backend"
import { CpuBackend, cpuAvailability } from "@ts/backend-cpu"
import { LeastSquaresBackend } from "@ts/backend-least-squares"
import { SurrogateBackend } from "@ts/backend-surrogate"
import type { DataSource } from "@ts/data"
import { referenceDevice } from "@ts/program"
import { trainerBackend } from "@ts/trainer"
import { type Layer, Schema } from "effect"
import { Flag } from "effect/cli"

type BackendLayer = Layer.Layer<Backend, BackendError, DataSource>

export interface Registered {
  readonly description: string
  /** Why it cannot be used here; undefined where it can. */
  readonly unavailable: () => string | undefined
  readonly layer: (options: BackendOptions) => BackendLayer
}

export interface BackendOptions {
  /** Wall time between rolling checkpoints of a run, milliseconds; the backend's own unless given. */
  readonly checkpointMillis?: number
}

const always = () => undefined

export const backends = {
  cpu: {
    description:
      "native kernels, one trial per core; falls back openly to the reference device where they are not built",
    unavailable: () => {
      const state = cpuAvailability()
      return state.available ? undefined : state.reason
    },
    layer: (options) => CpuBackend.layerWith({ fallback: "reference", ...options }),
  },
  reference: {
    description: "the slow, obvious float64 device: runs anywhere, for checking the others (precision f64)",
    unavailable: always,
    layer: (options) => trainerBackend({ name: "reference", device: referenceDevice(), ...options }),
  },
  "least-squares": {
    description: "SGD on power-law least squares with exact risk: nothing is trained, the true law is known",
    unavailable: always,
    layer: () => LeastSquaresBackend.layer,
  },
  surrogate: {
    description: "losses drawn from a declared law with noise: nothing is trained, rows say that they are synthetic",
    unavailable: always,
    layer: () => SurrogateBackend.layer,
  },
} satisfies Record<string, Registered>

export type BackendName = keyof typeof backends
export const backendNames = Object.keys(backends) as Array<BackendName>

export const backendFlag = Flag.Literals("backend", backendNames).pipe(
  Flag.withAlias("b"),
  Flag.withDescription("What trains the runs (see: time-transfer backends)"),
  Flag.withDefault("cpu" as const),
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
