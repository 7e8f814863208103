/** A study in a folder of real files, and what a sweep of it has to find there. */
import { mkdtempSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import * as NodeFileSystem from "@effect/platform-node-shared/NodeFileSystem"
import * as NodePath from "@effect/platform-node-shared/NodePath"
import { type CheckpointStore, fileCheckpoints } from "@ts/backend"
import { Store, type StoreError, type Study } from "@ts/sweep"
import { type FileSystem, Layer } from "effect"

export const databaseOf = (folder: string): string => join(folder, "study.db")
export const checkpointsOf = (folder: string): string => join(folder, "checkpoints")
/** What appends have returned for, one JSON line each, by processes that may be dead. */
export const acknowledgementsOf = (folder: string): string => join(folder, "acknowledged.log")

export const newFolder = (study: Study): string => {
  const folder = mkdtempSync(join(tmpdir(), "tt-faults-"))
  writeFileSync(join(folder, "study.json"), JSON.stringify(study))
  return folder
}

/** The store and the checkpoints of a folder; `files`: by which the checkpoints are kept. */
export const storeIn = (
  folder: string,
  files: Layer.Layer<FileSystem.FileSystem> = NodeFileSystem.layer,
): Layer.Layer<Store | CheckpointStore, StoreError> =>
  Layer.merge(
    Store.sqlite(databaseOf(folder)),
    fileCheckpoints(checkpointsOf(folder)).pipe(Layer.provide(Layer.merge(files, NodePath.layer))),
  )
