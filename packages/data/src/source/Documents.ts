/** A file of documents. Reading it may reject with a `DataError`. */
export interface DocumentFile {
  readonly name: string
  /** As stored; a guide to how much text there is, with `inflation`. */
  readonly bytes: number
  /** Its documents in order, in batches as they arrive. Documents without text are left out. */
  readonly documents: () => AsyncIterable<ReadonlyArray<string>>
}

/** A source that has been found, but not read. */
export interface DocumentSource {
  /** Plain JSON that decides every document: names, versions, hashes; never where it lies on this machine. */
  readonly identity: unknown
  readonly files: ReadonlyArray<DocumentFile>
}

/** A rough bound of how much larger the text is than the file. */
export const inflation = (name: string): number => (/\.(gz|zst|parquet)$/.test(name) ? 4 : 1)
