/** A host whose connection may be cut at any time: what can be asked again is, before anybody hears of it. */
import type { BackendError } from "@ts/backend"
import { Effect, Schedule } from "effect"
import type { Host } from "./host.ts"

/** Within some seconds a connection is back, or it is worth telling. */
const again = Schedule.exponential("250 millis").pipe(Schedule.jittered, Schedule.upTo({ times: 5 }))

export const persistently = <A>(
  effect: Effect.Effect<A, BackendError>,
  worthIt: (error: BackendError) => boolean = () => true,
): Effect.Effect<A, BackendError> =>
  Effect.retry(effect, {
    schedule: again,
    while: (error) => error.retryable && error.reason === "Unavailable" && worthIt(error),
  })

/** Files are read and written any number of times alike; commands are not, and are left to whoever knows them. */
export const steady = (host: Host): Host => ({
  name: host.name,
  run: host.run,
  writeFiles: (files) => persistently(host.writeFiles(files)),
  readFrom: (positions, maxBytes) => persistently(host.readFrom(positions, maxBytes)),
  readFile: (path) => persistently(host.readFile(path)),
  list: (folders) => persistently(host.list(folders)),
  exists: (path) => persistently(host.exists(path)),
  remove: (path) => persistently(host.remove(path)),
  putFile: (local, path) => persistently(host.putFile(local, path)),
})
