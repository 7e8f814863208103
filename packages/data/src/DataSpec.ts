/** A glob-free list of names: a file's path, or the beginning of the paths of several. */
export interface HubSource {
  readonly kind: "hub"
  /** `owner/name` of a dataset on the hub. */
  readonly repo: string
  /** Branch, tag or commit. Without it, the commit found at first use is kept in the cache and used from then on. */
  readonly revision?: string
  /** The folder of the configuration, as `en` of `allenai/c4`. */
  readonly config?: string
  /** The split in the file names, `train` unless given. */
  readonly split?: string
  /** Paths, or beginnings of paths; in place of `config` and `split`. */
  readonly files?: ReadonlyArray<string>
  /** The column that holds the text. */
  readonly text: string
}

/** An installed npm package as a corpus: the same text wherever the same version is installed. */
export interface PackageSource {
  readonly kind: "package"
  readonly name: string
  readonly version: string
  /** Paths inside the package. */
  readonly files: ReadonlyArray<string>
  /** Each line, or each file, is a document. */
  readonly documents: "line" | "file"
  /** A line's text starts after the first occurrence of this; lines without it are left out. */
  readonly after?: string
}

/** Local files; relative paths start at the base folder. */
export interface FilesSource {
  readonly kind: "files"
  readonly paths: ReadonlyArray<string>
  /** `text`: a file is a document; `lines`: a line is. */
  readonly format: "text" | "lines" | "jsonl" | "parquet"
  /** The column that holds the text (jsonl, parquet). */
  readonly text?: string
  /** As in `PackageSource` (lines). */
  readonly after?: string
}

/** An infinite Markov source that gives tokens directly; see `synthetic`. */
export interface SyntheticSource {
  readonly kind: "synthetic"
  readonly vocabulary: number
  /** How many tokens of the past decide the next one's distribution. */
  readonly order: number
  /** Of the transition law itself, not of the draw. */
  readonly seed: number
}

export type Source = HubSource | PackageSource | FilesSource | SyntheticSource

export type Tokenizer =
  | { readonly kind: "bytes" }
  | { readonly kind: "bpe"; readonly vocabulary: number }
  | { readonly kind: "gpt2" }
  | { readonly kind: "gpt-neox" }
  | { readonly kind: "none" }

/** Everything that determines the tokens a run reads, as plain JSON. */
export interface DataSpec {
  readonly source: Source
  readonly tokenizer: Tokenizer
  /** How many validation tokens are predicted, and which documents they come from. */
  readonly validation: { readonly tokens: number; readonly seed: number }
  /** Of the order of the training documents. */
  readonly seed: number
  /** Start again, in the same order, at the end of the corpus. Without it a longer horizon is an error. */
  readonly repeat?: boolean
}

/** What a run will ask of the corpus: its horizon and its sequence length, both in tokens. */
export interface Need {
  readonly tokens: number
  readonly seqLen: number
}
