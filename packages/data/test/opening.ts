import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { Deferred, Effect, Fiber } from "effect"
import { afterAll } from "vitest"
import {
  type Corpus,
  type DataError,
  DataSource,
  type DataSourceOptions,
  type DataSpec,
  type Need,
} from "../src/index.ts"

const folders: Array<string> = []

/** A new folder that is gone after the file's tests. */
export const temporaryFolder = (): string => {
  const folder = mkdtempSync(join(tmpdir(), "ts-data-"))
  folders.push(folder)
  return folder
}
afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true })
})

/** A spec read as bytes, with 100 validation tokens. */
export const specOf = (source: DataSpec["source"], rest: Partial<DataSpec> = {}): DataSpec => ({
  source,
  tokenizer: { kind: source.kind === "synthetic" ? "none" : "bytes" },
  validation: { tokens: 100, seed: 1 },
  seed: 1,
  repeat: false,
  ...rest,
})

const opening = (spec: DataSpec, need: Partial<Need>, options: DataSourceOptions) =>
  DataSource.use((data) => data.open(spec, { tokens: 100, seqLen: 8, ...need })).pipe(
    Effect.provide(DataSource.layer(options)),
  )

export const open = (spec: DataSpec, options: DataSourceOptions, need: Partial<Need> = {}): Promise<Corpus> =>
  Effect.runPromise(opening(spec, need, options))

/** The error that opening ends in. */
export const openError = (spec: DataSpec, options: DataSourceOptions, need: Partial<Need> = {}): Promise<DataError> =>
  Effect.runPromise(opening(spec, need, options).pipe(Effect.flip)) as Promise<DataError>

/** Opens, and is interrupted as soon as progress reports that a shard is done. */
export const interruptedOnce = (
  spec: DataSpec,
  options: DataSourceOptions,
  need: Need,
  fraction: number,
): Promise<void> =>
  Effect.runPromise(
    Effect.gen(function* () {
      const reached = yield* Deferred.make<void>()
      const onProgress = (_: string, done = 0): void => {
        if (done >= fraction) Deferred.doneUnsafe(reached, Effect.void)
      }
      const fiber = yield* Effect.forkChild(DataSource.use((data) => data.open(spec, need, { onProgress })))
      yield* Deferred.await(reached)
      yield* Fiber.interrupt(fiber)
    }).pipe(Effect.provide(DataSource.layer(options))),
  )

const END = 256

/** The documents in an array of byte tokens. */
export const documentsIn = (tokens: ArrayLike<number>): Array<string> => {
  const documents: Array<string> = []
  let bytes: Array<number> = []
  for (const token of Array.from(tokens)) {
    if (token !== END) bytes.push(token)
    else {
      documents.push(Buffer.from(bytes).toString())
      bytes = []
    }
  }
  return documents
}

export const trainDocuments = (corpus: Corpus): Array<string> => documentsIn(corpus.read(0, corpus.trainTokens))
