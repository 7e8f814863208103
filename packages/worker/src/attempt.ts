/** One attempt at an order among several: what earlier ones told, and whether a later one has taken over. */
import { BackendError, type CheckpointStore } from "@ts/backend"
import { Effect, FileSystem, Path } from "effect"
import { makeListener } from "./listen.ts"
import { ATTEMPT_FILE, type Message } from "./protocol.ts"

/** Messages of the attempts whose outputs lie in a folder, by attempt; what is torn or foreign in one ends it. */
export const earlierMessages = Effect.fnUntraced(function* (folder: string) {
  const fs = yield* FileSystem.FileSystem
  const path = yield* Path.Path
  const names = yield* Effect.orElseSucceed(fs.readDirectory(folder), () => [])
  const attempts: Array<ReadonlyArray<Message>> = []
  for (const name of names.filter((name) => name.endsWith(".jsonl")).sort()) {
    const bytes = yield* Effect.orElseSucceed(fs.readFile(path.join(folder, name)), () => new Uint8Array(0))
    const listener = makeListener()
    const heard: Array<Message> = []
    // A line at a time: what comes before a broken one counts.
    for (let from = 0; from < bytes.length; ) {
      const end = bytes.indexOf(10, from) + 1
      if (end === 0) break
      try {
        heard.push(...listener.hear(bytes.subarray(from, end)))
      } catch {
        break
      }
      from = end
    }
    attempts.push(heard)
  }
  return attempts
})

export const superseded = new BackendError({
  backend: "worker",
  reason: "Checkpoint",
  message: "a later attempt at this order has begun; this one ends",
  retryable: false,
})

/** Fails once another attempt's name stands in the folder. */
export const stillMine = (folder: string, attempt: string) =>
  Effect.gen(function* () {
    const fs = yield* FileSystem.FileSystem
    const path = yield* Path.Path
    const current = yield* Effect.orElseSucceed(fs.readFileString(path.join(folder, ATTEMPT_FILE)), () => attempt)
    if (current.trim() !== attempt) return yield* superseded
  })

/** A store that writes nothing once another attempt has begun. */
export const guardedStore = (
  store: CheckpointStore["Service"],
  mine: Effect.Effect<void, BackendError>,
): CheckpointStore["Service"] => ({
  ...store,
  put: (checkpoint, options) => Effect.andThen(mine, store.put(checkpoint, options)),
})
