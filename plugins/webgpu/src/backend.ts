/** The WebGPU device behind the run-level contract: `WebGpuBackend.layer`. */
import { type Backend, BackendError } from "@ts/backend"
import { DataSource } from "@ts/data"
import { type TrainerOptions, trainerBackend } from "@ts/trainer"
import { Effect, Layer } from "effect"
import { type WebGpuOptions, webgpuDevice } from "./device.ts"
import { FeatureMissing } from "./errors.ts"

/** A run's spec says its precision: float16 is offered where the adapter has it. */
export interface WebGpuBackendOptions
  extends Omit<WebGpuOptions, "precision">,
    Partial<Omit<TrainerOptions, "name" | "device">> {}

const unavailable = (cause: unknown) =>
  new BackendError({
    backend: "webgpu",
    reason: "Unavailable",
    message: cause instanceof Error ? cause.message : String(cause),
    retryable: false,
    cause,
  })

const opened = (options: WebGpuOptions) =>
  Effect.acquireRelease(Effect.tryPromise({ try: () => webgpuDevice(options), catch: unavailable }), (device) =>
    Effect.promise(() => device.close()),
  )

const devices = ({ gpu, powerPreference, kernels }: WebGpuBackendOptions) =>
  Effect.gen(function* () {
    const options = {
      ...(gpu !== undefined && { gpu }),
      ...(powerPreference !== undefined && { powerPreference }),
      ...(kernels !== undefined && { kernels }),
    }
    const full = yield* opened(options)
    const half = yield* opened({ ...options, precision: "f16" }).pipe(
      Effect.catchIf(
        ({ cause }) => cause instanceof FeatureMissing,
        () => Effect.void,
      ),
    )
    return half === undefined ? full : ([full, half] as const)
  })

/** Lanes that a bundle has by default: a small model leaves most of a GPU idle. */
const LANES = 8

/** With settings, and tokens from a `DataSource` of one's own; the GPU is opened with the layer and closed with it. */
const layerWith = (options: WebGpuBackendOptions = {}): Layer.Layer<Backend, BackendError, DataSource> => {
  const { gpu: _, powerPreference: __, kernels: ___, ...trainer } = options
  return trainerBackend({ lanes: LANES, ...trainer, name: "webgpu", device: devices(options) })
}

export const WebGpuBackend = {
  /** As it is, with relative paths and packages looked up from the working directory. In pages give `layerWith` a source. */
  layer: Layer.suspend(() => layerWith().pipe(Layer.provide(DataSource.layer()))),
  layerWith,
}
