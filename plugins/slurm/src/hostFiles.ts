/** A host's files as a file system: as much of one as a store of checkpoints needs. */
import type { BackendError } from "@ts/backend"
import { Effect, FileSystem, Option, PlatformError } from "effect"
import type { Host } from "./host.ts"
import { persistently } from "./steady.ts"

const failed =
  (method: string, path: string) =>
  (cause: BackendError): PlatformError.PlatformError =>
    PlatformError.systemError({
      _tag: "Unknown",
      module: "FileSystem",
      method,
      pathOrDescriptor: path,
      description: cause.message,
      cause,
    })

const missing = (method: string, path: string) =>
  PlatformError.systemError({ _tag: "NotFound", module: "FileSystem", method, pathOrDescriptor: path })

const read = (host: Host, path: string) =>
  host.readFile(path).pipe(
    Effect.mapError(failed("readFile", path)),
    Effect.flatMap((bytes) => (bytes === undefined ? Effect.fail(missing("readFile", path)) : Effect.succeed(bytes))),
  )

/** What is written to it is there, whole, once it is synced. */
const draft = (host: Host, path: string): FileSystem.File => {
  const parts: Array<Uint8Array> = []
  const unsupported = Effect.die(new Error("drafts are written, not read"))
  return {
    [FileSystem.FileTypeId]: FileSystem.FileTypeId,
    writeAll: (bytes) =>
      Effect.sync(() => {
        parts.push(bytes)
      }),
    write: (bytes) =>
      Effect.sync(() => {
        parts.push(bytes)
        return bytes.length
      }),
    sync: Effect.suspend(() => host.writeFiles([{ path, content: Buffer.concat(parts) }])).pipe(
      Effect.mapError(failed("sync", path)),
    ),
    stat: unsupported,
    seek: () => unsupported,
    read: () => unsupported,
    readAlloc: () => unsupported,
    truncate: () => unsupported,
  }
}

export const hostFiles = (host: Host): FileSystem.FileSystem =>
  FileSystem.makeNoop({
    exists: (path) => Effect.mapError(host.exists(path), failed("exists", path)),
    readDirectory: (path) =>
      host.list([path]).pipe(
        Effect.map(([names]) => [...names!]),
        Effect.mapError(failed("readDirectory", path)),
      ),
    readFile: (path) => read(host, path),
    readFileString: (path) => Effect.map(read(host, path), (bytes) => new TextDecoder().decode(bytes)),
    remove: (path) => Effect.mapError(host.remove(path), failed("remove", path)),
    // Files bring their folders along.
    makeDirectory: () => Effect.void,
    // Nobody's leftovers have an age here, so nobody clears them.
    stat: () => Effect.succeed({ mtime: Option.none() } as FileSystem.File.Info),
    open: (path, options) =>
      options?.flag === "w" ? Effect.succeed(draft(host, path)) : Effect.fail(missing("open", path)),
    rename: (from, to) =>
      persistently(host.run(["sh", "-c", '[ ! -e "$1" ] || mv -f -- "$1" "$2"', "sh", from, to])).pipe(
        Effect.mapError(failed("rename", to)),
        Effect.flatMap(({ code, stderr }) =>
          code === 0
            ? Effect.void
            : Effect.fail(
                PlatformError.systemError({
                  _tag: "Unknown",
                  module: "FileSystem",
                  method: "rename",
                  pathOrDescriptor: to,
                  description: stderr.trim(),
                }),
              ),
        ),
      ),
  })
