/** What goes wrong with a database file, as one error with a way out. */
import { StoreError, type StoreErrorReason } from "../errors.ts"

/** What SQLite or the file system said: the innermost cause. */
const rootOf = (cause: unknown): { readonly errcode?: number; readonly message?: string } => {
  let at = cause as { cause?: unknown; reason?: { cause?: unknown } }
  for (;;) {
    const inner = at?.reason?.cause ?? at?.cause
    if (inner === undefined || inner === null) return (at ?? {}) as { errcode?: number; message?: string }
    at = inner
  }
}

export const corrupt = (path: string) =>
  `${path} is damaged and was left as it is; restore a copy of it, or save what can be read with \`sqlite3 ${path} .recover\``

export const foreign = (path: string) =>
  `${path} is no SQLite database and was left as it is; move it away or name another file`

/** One sentence with a way out for whatever SQLite or the file system says. */
export const storeFailure =
  (path: string) =>
  (cause: unknown): StoreError => {
    if (cause instanceof StoreError) return cause
    const root = rootOf(cause)
    if (root instanceof StoreError) return root
    const code = root.errcode === undefined ? undefined : root.errcode & 0xff
    const [reason, message]: [StoreErrorReason, string] =
      code === 26
        ? ["NotADatabase", foreign(path)]
        : code === 11
          ? ["Corrupt", corrupt(path)]
          : code === 13
            ? ["Io", `the disk is full: ${path} cannot grow; free space and run again, nothing measured is lost`]
            : code === 5
              ? ["Io", `${path} is locked by another program; close it and run again`]
              : [
                  "Io",
                  `cannot use ${path}: ${root.message ?? String(cause)}; make the file and its folder readable and writable`,
                ]
    return new StoreError({ reason, path, message, cause })
  }
