/** A piece of a document that has not been checked yet. */
// biome-ignore lint/suspicious/noExplicitAny: the schema of a run checks it once it is written out.
export type Loose = any

/** What lies at a path of a document; undefined where the path leads nowhere. */
export const valueAt = (document: unknown, path: ReadonlyArray<PropertyKey>): unknown =>
  path.reduce<Loose>((inner, key) => (inner == null ? undefined : inner[key]), document)
