/** The CPU device behind the run-level contract: `CpuBackend.layer`. */
import { type Backend, BackendError } from "@ts/backend"
import { DataSource } from "@ts/data"
import { referenceDevice } from "@ts/program"
import { type TrainerOptions, trainerBackend } from "@ts/trainer"
import { Effect, Layer } from "effect"
import { type CpuOptions, cpuDevice } from "./device.ts"
import { cpuAvailability } from "./native.ts"

export interface CpuBackendOptions extends CpuOptions, Partial<Omit<TrainerOptions, "name" | "device">> {
  /**
   * What to do where the addon cannot be had. `refuse` (default): a typed error that says why. `reference`: the portable
   * reference device in f32, about forty times slower a run (37 times on the quickstart's model, 2026-11-22) and with other last bits; its `numericsId` says so.
   */
  readonly fallback?: "refuse" | "reference"
}

const unavailable = (cause: unknown) =>
  new BackendError({
    backend: "cpu",
    reason: "Unavailable",
    message: `the CPU addon cannot be used: ${(cause as Error).message}`,
    retryable: false,
    cause,
  })

const device = ({ fallback = "refuse", ...options }: CpuBackendOptions) =>
  Effect.suspend(() => {
    const available = cpuAvailability()
    if (!available.available && fallback === "reference") {
      return Effect.as(
        Effect.logWarning(
          `${available.reason}; training goes on with the portable reference device, about forty times slower a run.`,
        ),
        referenceDevice({ precision: "f32" }),
      )
    }
    return Effect.tryPromise({ try: () => cpuDevice(options), catch: unavailable })
  })

/** With settings, and tokens from a `DataSource` of one's own; the addon is loaded when the layer is built. */
const layerWith = (options: CpuBackendOptions = {}): Layer.Layer<Backend, BackendError, DataSource> => {
  const { instructionSet: _, threads: __, fallback: ___, ...trainer } = options
  // Cores are shared out among bundles: more runs in one would only come later to their first reading.
  return trainerBackend({ lanes: 1, ...trainer, name: "cpu", device: device(options) })
}

export const CpuBackend = {
  /** As it is, with relative paths and packages looked up from the working directory. */
  layer: layerWith().pipe(Layer.provide(DataSource.layer())),
  layerWith,
}
