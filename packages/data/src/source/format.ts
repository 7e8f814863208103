import type { FilesSource } from "../DataSpec.ts"

/** How to cut a file into documents. */
export type Format =
  | { readonly kind: "text" }
  | { readonly kind: "lines"; readonly after: string | undefined }
  | { readonly kind: "jsonl" | "parquet"; readonly text: string }

export const formatOf = ({ format, text, after }: FilesSource): Format => {
  if (format === "text") return { kind: "text" }
  return format === "lines" ? { kind: "lines", after } : { kind: format, text: text! }
}
