/** The backends that come with the command, by name. */
import type { Backend, BackendError, CheckpointStore } from "@ts/backend"
import { CpuBackend, cpuAvailability } from "@ts/backend-cpu"
import { LeastSquaresBackend } from "@ts/backend-least-squares"
import { SurrogateBackend } from "@ts/backend-surrogate"
import type { DataSource } from "@ts/data"
import { referenceDevice } from "@ts/program"
import { trainerBackend } from "@ts/trainer"
import type { Layer } from "effect"
import { Flag } from "effect/cli"

type BackendLayer = Layer.Layer<Backend, BackendError, DataSource | CheckpointStore>

export interface Registered {
  readonly description: string
  /** Why it cannot be used here; undefined where it can. */
  readonly unavailable: () => string | undefined
  readonly layer: () => BackendLayer
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
    layer: () => CpuBackend.layer({ fallback: "reference" }),
  },
  reference: {
    description: "the slow, obvious float64 device: runs anywhere, for checking the others (precision f64)",
    unavailable: always,
    layer: () => trainerBackend({ name: "reference", device: referenceDevice() }),
  },
  "least-squares": {
    description: "averaged SGD on power-law least squares with exact risk: nothing is trained, the true law is known",
    unavailable: always,
    layer: () => LeastSquaresBackend.layer(),
  },
  surrogate: {
    description: "losses drawn from a declared law with noise: nothing is trained, rows say that they are synthetic",
    unavailable: always,
    layer: () => SurrogateBackend.layer(),
  },
} satisfies Record<string, Registered>

export type BackendName = keyof typeof backends
export const backendNames = Object.keys(backends) as Array<BackendName>

export const backendFlag = Flag.Literals("backend", backendNames).pipe(
  Flag.withAlias("b"),
  Flag.withDescription("What trains the runs (see: time-transfer backends)"),
  Flag.withDefault("cpu" as const),
)
