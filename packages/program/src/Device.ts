/**
 * The program-level contract, for whoever brings an accelerator.
 *
 * A device compiles a `Training` once per shape and replays its programs. Calls are asynchronous and made per
 * chunk, never per operation; the caller keeps a chunk to about 250 ms, so nothing inside one needs to be
 * cancelled. Calls run in order; `read`, `write` and `scalars` wait for the calls before them.
 */
import type { OpKind, Training } from "./Program.ts"

/** `f16` and `bf16` are of what is stored between operations: sums are float32. */
export type Precision = "f64" | "f32" | "bf16" | "f16"

/** Plain data: what the device is and can do. */
export interface DeviceInfo {
  /** Short id, e.g. `cpu`, `reference`. */
  readonly kind: string
  /** For people, e.g. `AVX-512, 2 cores`. */
  readonly name: string
  /** Numbers are bit-identical within one id: device kind, instruction set, precision, kernel version. */
  readonly numericsId: string
  readonly precision: Precision
  readonly operations: readonly OpKind[]
  readonly maxLanes: number
  /** Executables that can run side by side without slowing each other down. */
  readonly concurrency: number
  readonly deterministic: boolean
  /** Measured, for one executable at work; absent where unknown. FLOP/s. */
  readonly flopsPerSecond?: number
}

export interface CompileOptions {
  /** Runs of equal shape held side by side, 1 to `maxLanes`. */
  readonly lanes: number
  /** Most sequences in one `grad` or `evaluate` call; a multiple of the executable's `blockSequences` or any smaller number. */
  readonly microBatch: number
  /** Activation buffers whose contents must survive the call, to be read (coordinate check, tests). */
  readonly keep?: readonly string[]
}

/** Ids of one micro-batch: `sequences` rows of S + 1 tokens, row-major; inputs are the first S, targets the last S. */
export type Tokens = Int32Array

export type Call =
  /** Adds the gradient of the summed token losses. Returns [lanes x sequences] summed losses, lane-major, nats. */
  | { readonly program: "grad"; readonly sequences: number; readonly tokens: readonly Tokens[] }
  /** Clips, updates the weights and the averages, clears the gradient. Returns [lanes] norms of the scaled gradient before the clip. */
  | { readonly program: "update"; readonly scalars: readonly Float64Array[] }
  /** Returns [lanes] norms of the summed (unscaled) gradient and clears it; weights stay. */
  | { readonly program: "measure" }
  /** Returns [lanes x sequences] summed losses. With `average`, the weights are that average times `correction[lane]` = 1 / (1 - decay^t). */
  | {
      readonly program: "evaluate"
      readonly sequences: number
      readonly tokens: readonly Tokens[]
      readonly average?: { readonly name: string; readonly correction: Float64Array }
    }

/**
 * Compiled programs with their buffers.
 *
 * Numbers of a lane do not depend on the other lanes, on the number of threads, or on how a batch is cut into
 * `grad` calls, as long as every call but the last of a batch holds a multiple of `blockSequences` sequences.
 */
export interface Executable {
  readonly blockSequences: number
  /** Bytes held. */
  readonly bytes: number
  /** Whether it can still run; false once disposed of, or once what it was compiled for is gone. Absent: always. */
  readonly usable?: () => boolean
  /** Sets run-time scalars of a lane by name. */
  readonly scalars: (lane: number, values: Readonly<Record<string, number>>) => void
  /** Fills a parameter or state buffer. */
  readonly write: (lane: number, buffer: string, values: Float32Array | Float64Array) => Promise<void>
  /** Reads any kept buffer; for a kept `perToken` activation the rows of the last call. */
  readonly read: (lane: number, buffer: string) => Promise<Float32Array | Float64Array>
  /** Replays a chunk; one result per call, in order. Lanes marked inactive are left untouched and return NaN. */
  readonly run: (calls: readonly Call[], active?: readonly boolean[]) => Promise<readonly Float64Array[]>
  /** Gives the buffers back. A run under way ends first; calls made since fail. A second time does nothing. */
  readonly dispose: () => Promise<void>
}

export interface Device {
  readonly info: DeviceInfo
  /** @throws {UnsupportedOperation} before anything is allocated, naming what is missing */
  readonly compile: (training: Training, options: CompileOptions) => Promise<Executable>
}

/** A program needs what the device does not have. Never a silent fallback. */
export class UnsupportedOperation extends Error {
  override readonly name = "UnsupportedOperation"
  readonly device: string
  readonly operation: string
  constructor(device: string, operation: string, message: string) {
    super(`${device}: ${message}`)
    this.device = device
    this.operation = operation
  }
}

/** The program is too large for the device as it was asked for; with fewer lanes it may fit. Found before anything is trained. */
export class TooLarge extends Error {
  override readonly name: string = "TooLarge"
}
