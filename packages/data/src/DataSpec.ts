import type { DataSpec } from "@ts/backend"

export type { DataSpec }

export type Source = DataSpec["source"]
export type HubSource = Extract<Source, { kind: "hub" }>
export type PackageSource = Extract<Source, { kind: "package" }>
export type FilesSource = Extract<Source, { kind: "files" }>
export type SyntheticSource = Extract<Source, { kind: "synthetic" }>

/** What a run will ask of the corpus: its horizon and its sequence length, both in tokens. */
export interface Need {
  readonly tokens: number
  readonly seqLen: number
}
