/** Compiled programs: the last few idle ones are kept for the next bundle of their shape, all are released with the backend. */
import type { BackendError } from "@ts/backend"
import { type Device, type Executable, TooLarge, UnsupportedOperation } from "@ts/program"
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

/** Idle executables kept, or as many as the device runs side by side if that is more: a sweep has many shapes, each with its memory. */
const KEPT = 8

const compile = async (device: Device, shape: Shape, lanes: number, wanted: number): Promise<Compiled> => {
  const executable = await device.compile(shape.training, { lanes, microBatch: wanted })
  const block = executable.blockSequences
  if (wanted % block === 0) return { executable, microBatch: wanted }
  if (wanted > block) return { executable, microBatch: Math.floor(wanted / block) * block }
  await executable.dispose()
  return { executable: await device.compile(shape.training, { lanes, microBatch: block }), microBatch: block }
}

const usable = ({ executable }: Compiled): boolean => executable.usable?.() ?? true

export const makePool = (
  device: Device,
  blame: Blame,
  /** Tokens wanted in a micro-batch; absent: what fits the memory target. */
  microBatchTokens: number | undefined,
): Effect.Effect<Pool, never, Scope.Scope> =>
  Effect.gen(function* () {
    /** The one idle for longest comes first. */
    const idle: Array<{ readonly key: string; readonly compiled: Compiled }> = []
    /** A device that cannot even let go has failed before, and that failure is what should be told. */
    const dispose = ({ compiled }: { readonly compiled: Compiled }) =>
      Effect.tryPromise(() => compiled.executable.dispose()).pipe(
        Effect.catch(({ cause }) =>
          Effect.logWarning(`an executable of ${device.info.name} was not given back: ${cause}`),
        ),
      )
    /** Those that a lost device took along. */
    const disposeGone = Effect.suspend(() => {
      const { alive = [], gone = [] } = Object.groupBy(idle, ({ compiled }) => (usable(compiled) ? "alive" : "gone"))
      idle.splice(0, idle.length, ...alive)
      return Effect.forEach(gone, dispose, { discard: true })
    })
    const disposeOldest = (left: number) =>
      Effect.forEach(idle.splice(0, Math.max(0, idle.length - left)), dispose, { discard: true })
    yield* Effect.addFinalizer(() => disposeOldest(0))
    const { precision, concurrency } = device.info
    const most = Math.max(KEPT, concurrency)
    const build = (shape: Shape, lanes: number) =>
      Effect.tryPromise({
        try: () =>
          compile(device, shape, lanes, microBatchOf(shape.training, { lanes, tokens: microBatchTokens, precision })),
        catch: (cause) =>
          cause instanceof UnsupportedOperation || cause instanceof TooLarge
            ? failure(blame, "Unsupported", cause.message, { field: "model", cause })
            : failure(blame, "Device", `cannot prepare the model on ${device.info.name}: ${(cause as Error).message}`, {
                // A GPU that went away while it compiled comes back.
                retryable: true,
                cause,
              }),
      })
    return {
      take: (shape, lanes) => {
        const key = `${lanes} ${shape.key}`
        return Effect.acquireRelease(
          Effect.flatMap(disposeGone, () => {
            const at = idle.findLastIndex((waiting) => waiting.key === key)
            const [waiting] = at < 0 ? [] : idle.splice(at, 1)
            return waiting === undefined ? build(shape, lanes) : Effect.succeed(waiting.compiled)
          }),
          (compiled, exit) =>
            Effect.suspend(() => {
              // After a failure nobody knows what state a device left it in.
              if (!Exit.isSuccess(exit) && !Exit.hasInterrupts(exit)) return dispose({ compiled })
              idle.push({ key, compiled })
              return disposeOldest(most)
            }),
        )
      },
    }
  })
