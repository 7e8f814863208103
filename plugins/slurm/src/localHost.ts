/** The scheduler's commands and the shared folder of this machine: a driver on the login node. */
import { randomUUID } from "node:crypto"
import { constants, copyFile, mkdir, open, readdir, readFile, rename, rm, stat, writeFile } from "node:fs/promises"
import { dirname } from "node:path"
import type { BackendError } from "@ts/backend"
import { Effect } from "effect"
import { command } from "./command.ts"
import { outOfReach } from "./errors.ts"
import { fileError } from "./fileErrors.ts"
import { type FileToWrite, fairShare, type Grown, type Host, type Position } from "./host.ts"

const NAME = "this machine"

const notThere = (cause: unknown) => ["ENOENT", "ENOTDIR"].includes((cause as NodeJS.ErrnoException).code ?? "")

/** Undefined for what is not there. */
const ifThere = <A>(found: Promise<A>): Promise<A | undefined> =>
  found.catch((cause) => {
    if (notThere(cause)) return undefined
    throw cause
  })

/** Makes a file beside its place, and moves it there once it is whole. */
const inPlace = async (path: string, make: (draft: string) => Promise<void>) => {
  const folder = dirname(path)
  await mkdir(folder, { recursive: true, mode: 0o700 })
  const draft = `${folder}/.${randomUUID()}`
  try {
    await make(draft)
    await rename(draft, path)
  } catch (cause) {
    await rm(draft, { force: true })
    throw cause
  }
}

const writeAll = async (files: ReadonlyArray<FileToWrite>) => {
  for (const { path, content, mode = 0o600 } of files)
    await inPlace(path, (draft) => writeFile(draft, content, { mode, flag: "wx" }))
}

const readPart = async ({ path, offset }: Position, bytes: number): Promise<Grown | undefined> => {
  const file = await ifThere(open(path))
  if (file === undefined) return undefined
  try {
    const buffer = Buffer.allocUnsafe(bytes)
    const { bytesRead } = await file.read(buffer, 0, bytes, offset)
    return bytesRead === 0 ? undefined : { path, offset, bytes: buffer.subarray(0, bytesRead) }
  } finally {
    await file.close()
  }
}

const readGrown = async (positions: ReadonlyArray<Position>, maxBytes: number) => {
  const sizes = await Promise.all(positions.map(({ path }) => ifThere(stat(path))))
  const grown = positions.flatMap((position, i) => {
    const more = (sizes[i]?.size ?? 0) - position.offset
    return more > 0 ? [{ position, more }] : []
  })
  const share = fairShare(maxBytes, grown.length)
  const parts: Array<Grown> = []
  for (const { position, more } of grown) {
    const part = await readPart(position, Math.min(more, share))
    if (part !== undefined) parts.push(part)
  }
  return parts
}

const names = async (folder: string) =>
  ((await ifThere(readdir(folder))) ?? []).filter((name) => !name.startsWith(".")).sort()

const copied = async (from: string, to: string) =>
  inPlace(to, (draft) => copyFile(from, draft, constants.COPYFILE_EXCL))

export interface LocalHostOptions {
  readonly timeoutSeconds: number
  /** Of the commands; default this process's. */
  readonly env?: NodeJS.ProcessEnv
}

export const localHost = ({ timeoutSeconds, env }: LocalHostOptions): Host => {
  /** A network file system that hangs must not hang its caller. */
  const file = <A>(
    what: string,
    path: string,
    run: () => Promise<A>,
    seconds = timeoutSeconds,
  ): Effect.Effect<A, BackendError> =>
    Effect.tryPromise({
      try: run,
      catch: (cause) => fileError(`cannot ${what} ${path}`, (cause as Error).message, cause),
    }).pipe(
      Effect.timeoutOrElse({
        duration: `${seconds} seconds`,
        orElse: () =>
          Effect.fail(
            outOfReach(`cannot ${what} ${path}: no answer from its file system in ${seconds} s; is it mounted?`, {
              field: "shared",
            }),
          ),
      }),
    )

  return {
    name: NAME,
    run: (argv, { stdin, timeoutSeconds: limit = timeoutSeconds } = {}) =>
      command(argv, {
        timeoutSeconds: limit,
        ...(stdin === undefined ? {} : { stdin: [stdin] }),
        ...(env === undefined ? {} : { env }),
      }).pipe(
        Effect.map(({ code, stdout, stderr }) => ({ code, stdout: stdout.toString("utf8"), stderr })),
        Effect.mapError(({ seconds }) => outOfReach(`${argv[0]} gave no answer in ${seconds} s`)),
      ),
    writeFiles: (files) => file("write", files[0]?.path ?? "", () => writeAll(files)),
    readFrom: (positions, maxBytes) => file("read", positions[0]?.path ?? "", () => readGrown(positions, maxBytes)),
    readFile: (path) => file("read", path, () => ifThere<Uint8Array>(readFile(path))),
    list: (folders) => file("list", folders[0] ?? "", () => Promise.all(folders.map(names))),
    exists: (path) => file("look at", path, async () => (await ifThere(stat(path))) !== undefined),
    // A job may write its last words into a folder that is being removed.
    remove: (path) => file("remove", path, () => rm(path, { recursive: true, force: true, maxRetries: 5 })),
    putFile: (local, path) =>
      file(
        "write",
        path,
        async () => ((await ifThere(stat(path))) === undefined ? copied(local, path) : undefined),
        3600,
      ),
  }
}
