/** The file system with something before every change of it: a kill, a delay, an error. */
import * as NodeFileSystem from "@effect/platform-node-shared/NodeFileSystem"
import { Effect, FileSystem, Layer, PlatformError } from "effect"

export type FileChange = "makeDirectory" | "open" | "write" | "sync" | "rename" | "remove"

export type FileWatcher = (change: FileChange, path: string) => Effect.Effect<void, PlatformError.PlatformError>

/** What Node says when the disk is full, or broken. */
export const fileError = (
  code: "ENOSPC" | "EIO" | "EROFS",
  change: FileChange,
  path: string,
): PlatformError.PlatformError => {
  const text = { ENOSPC: "no space left on device", EIO: "i/o error", EROFS: "read-only file system" }[code]
  return PlatformError.systemError({
    module: "FileSystem",
    method: change,
    _tag: "Unknown",
    pathOrDescriptor: path,
    cause: Object.assign(new Error(`${code}: ${text}, ${change} '${path}'`), { code }),
  })
}

const watchedFile = (file: FileSystem.File, path: string, watch: FileWatcher): FileSystem.File => {
  const watched: Partial<FileSystem.File> = {
    sync: Effect.andThen(watch("sync", path), file.sync),
    // Half of it is there when the fault comes.
    writeAll: (bytes) => {
      const half = bytes.length >> 1
      return file
        .writeAll(bytes.subarray(0, half))
        .pipe(Effect.andThen(watch("write", path)), Effect.andThen(file.writeAll(bytes.subarray(half))))
    },
  }
  return new Proxy(file, {
    get: (target, name) => {
      if (name in watched) return watched[name as keyof FileSystem.File]
      const value: unknown = Reflect.get(target, name, target)
      return typeof value === "function" ? value.bind(target) : value
    },
  })
}

export const watchedFiles = (watch: FileWatcher): Layer.Layer<FileSystem.FileSystem> =>
  Layer.effect(
    FileSystem.FileSystem,
    Effect.map(FileSystem.FileSystem, (fs) =>
      FileSystem.FileSystem.of({
        ...fs,
        makeDirectory: (path, options) => Effect.andThen(watch("makeDirectory", path), fs.makeDirectory(path, options)),
        open: (path, options) =>
          options?.flag === undefined || options.flag === "r"
            ? fs.open(path, options)
            : Effect.andThen(watch("open", path), fs.open(path, options)).pipe(
                Effect.map((file) => watchedFile(file, path, watch)),
              ),
        rename: (from, to) => Effect.andThen(watch("rename", to), fs.rename(from, to)),
        remove: (path, options) => Effect.andThen(watch("remove", path), fs.remove(path, options)),
      }),
    ),
  ).pipe(Layer.provide(NodeFileSystem.layer))
