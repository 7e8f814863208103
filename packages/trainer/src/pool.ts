/** Compiled programs, kept for the next bundle of the same shape and released with the backend. */
import type { BackendError } from "@ts/backend"
import { type Device, type Executable, UnsupportedOperation } from "@ts/program"
import { Effect, Exit, type Scope } from "effect"
import { type Blame, failure } from "./errors.ts"
import { microBatchOf } from "./microBatch.ts"
import type { Shape } from "./run.ts"

export interface Compiled {
  readonly executable: Executable
  /** Sequences in a `grad` or `evaluate` call: whole blocks. */
  readonly microBatch: number
}

export interface Pool {
  /** An executable of one's own while the scope lives. Its buffers hold whatever was left in them. */
  readonly take: (shape: Shape, lanes: number) => Effect.Effect<Compiled, BackendError, Scope.Scope>
}

/** Idle executables kept per shape and number of lanes. */
const kept = 8

const compile = async (device: Device, shape: Shape, lanes: number, wanted: number): Promise<Compiled> => {
  const executable = await device.compile(shape.training, { lanes, microBatch: wanted })
  const block = executable.blockSequences
  if (wanted % block === 0) return { executable, microBatch: wanted }
  if (wanted > block) return { executable, microBatch: Math.floor(wanted / block) * block }
  executable.dispose()
  return { executable: await device.compile(shape.training, { lanes, microBatch: block }), microBatch: block }
}

export const makePool = (
  device: Device,
  blame: Blame,
  /** Tokens wanted in a micro-batch; absent: what fits the memory target. */
  microBatchTokens: number | undefined,
): Effect.Effect<Pool, never, Scope.Scope> =>
  Effect.gen(function* () {
    const idle = new Map<string, Array<Compiled>>()
    yield* Effect.addFinalizer(() =>
      Effect.sync(() => {
        for (const list of idle.values()) for (const { executable } of list) executable.dispose()
        idle.clear()
      }),
    )
    const { precision } = device.info
    const build = (shape: Shape, lanes: number) =>
      Effect.tryPromise({
        try: () =>
          compile(device, shape, lanes, microBatchOf(shape.training, { lanes, tokens: microBatchTokens, precision })),
        catch: (cause) =>
          cause instanceof UnsupportedOperation
            ? failure(blame, "Unsupported", cause.message, { field: "model", cause })
            : failure(blame, "Device", `cannot prepare the model on ${device.info.name}: ${(cause as Error).message}`, {
                cause,
              }),
      })
    return {
      take: (shape, lanes) => {
        const key = `${lanes} ${shape.key}`
        return Effect.acquireRelease(
          Effect.suspend(() => {
            const waiting = idle.get(key)?.pop()
            return waiting === undefined ? build(shape, lanes) : Effect.succeed(waiting)
          }),
          (compiled, exit) =>
            Effect.sync(() => {
              const list = idle.get(key) ?? []
              // After a failure nobody knows what state a device left it in.
              const sound = Exit.isSuccess(exit) || Exit.hasInterrupts(exit)
              if (sound && list.length < kept) idle.set(key, [...list, compiled])
              else compiled.executable.dispose()
            }),
        )
      },
    }
  })
