/**
 * Where the scheduler's commands run and the shared folder lies: this machine, or a login node behind `ssh`. Every
 * operation has a time limit. Files and folders that it makes are their owner's only. Names that begin with a dot are
 * drafts: no listing shows them.
 */
import type { BackendError } from "@ts/backend"
import type { Effect } from "effect"

export interface Ran {
  /** 127: there is no such command. */
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

export interface FileToWrite {
  /** Absolute, like all paths here. */
  readonly path: string
  readonly content: string | Uint8Array
  /** Default 0o600. */
  readonly mode?: number
}

export interface Position {
  readonly path: string
  /** Bytes known already. */
  readonly offset: number
}

/** What a file holds from `offset` on; never empty. */
export interface Grown extends Position {
  readonly bytes: Uint8Array
}

export interface Host {
  /** For people: `this machine` or `me@login`. */
  readonly name: string
  /** Fails when the command cannot be reached or takes too long, not when it exits with a code. */
  readonly run: (
    argv: readonly [string, ...Array<string>],
    options?: { readonly stdin?: string | Uint8Array; readonly timeoutSeconds?: number },
  ) => Effect.Effect<Ran, BackendError>
  /** In order, each whole or not at all (written beside its place, renamed into it); folders are made as needed. */
  readonly writeFiles: (files: ReadonlyArray<FileToWrite>) => Effect.Effect<void, BackendError>
  /**
   * What was appended to these files, in one round: about `maxBytes` in all, shared fairly. Files that are not there, or
   * have nothing new, are left out.
   */
  readonly readFrom: (
    positions: ReadonlyArray<Position>,
    maxBytes: number,
  ) => Effect.Effect<ReadonlyArray<Grown>, BackendError>
  /** A whole file; undefined when it is not there. */
  readonly readFile: (path: string) => Effect.Effect<Uint8Array | undefined, BackendError>
  /** Names in each folder, in one round, sorted; none for a folder that is not there. */
  readonly list: (folders: ReadonlyArray<string>) => Effect.Effect<ReadonlyArray<ReadonlyArray<string>>, BackendError>
  readonly exists: (path: string) => Effect.Effect<boolean, BackendError>
  /** File or folder, with all in it; nothing happens when it is not there. */
  readonly remove: (path: string) => Effect.Effect<void, BackendError>
  /** Copies a file of this machine there unless there is one; whole or not at all. */
  readonly putFile: (local: string, path: string) => Effect.Effect<void, BackendError>
}

/** Bytes that each of `grown` files may give in one round. */
export const fairShare = (maxBytes: number, grown: number): number =>
  Math.max(4096, Math.floor(maxBytes / Math.max(1, grown)))
