/** Reading and writing the files that were named on the command line. */
import { Effect, FileSystem, type PlatformError } from "effect"
import { CliError, exitCodes, inputError } from "./exit.ts"

const why = ({ reason }: PlatformError.PlatformError): string => {
  switch (reason._tag) {
    case "NotFound":
      return "there is no such file or folder"
    case "PermissionDenied":
      return "it may not be read or written by this user"
    default:
      return reason.message
  }
}

export const readText = (file: string): Effect.Effect<string, CliError, FileSystem.FileSystem> =>
  FileSystem.FileSystem.use((fs) => fs.readFileString(file)).pipe(
    Effect.mapError((cause) => inputError(`cannot read ${file}: ${why(cause)}; check the path`)),
  )

export const readBytes = (file: string): Effect.Effect<Uint8Array, CliError, FileSystem.FileSystem> =>
  FileSystem.FileSystem.use((fs) => fs.readFile(file)).pipe(
    Effect.mapError((cause) => inputError(`cannot read ${file}: ${why(cause)}; check the path`)),
  )

export const writeText = (file: string, text: string): Effect.Effect<void, CliError, FileSystem.FileSystem> =>
  FileSystem.FileSystem.use((fs) => fs.writeFileString(file, text)).pipe(
    Effect.mapError(
      (cause) =>
        new CliError({
          message: `cannot write ${file}: ${why(cause)}; name another place (--file or --out) or make this one writable`,
          code: exitCodes.failed,
        }),
    ),
  )
