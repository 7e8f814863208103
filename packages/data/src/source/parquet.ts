import type { AsyncBuffer, FileMetaData } from "hyparquet"
import { dataError } from "../DataError.ts"

const open = async (name: string, file: AsyncBuffer, parse: (file: AsyncBuffer) => Promise<FileMetaData>) => {
  const magic = new TextDecoder().decode(await file.slice(0, 4))
  const tail = new TextDecoder().decode(await file.slice(Math.max(0, file.byteLength - 4)))
  if (magic !== "PAR1") throw dataError("Unreadable", `"${name}" is not a Parquet file.`)
  if (tail !== "PAR1") throw dataError("TruncatedFile", `"${name}" is a Parquet file cut short: fetch it again.`)
  return parse(file)
}

/** A document for each row of a Parquet file, from the text column `column`; nulls are no documents. */
export async function* parquetDocuments(
  name: string,
  file: AsyncBuffer,
  column: string,
): AsyncIterable<ReadonlyArray<string>> {
  const { parquetMetadataAsync, parquetReadObjects, parquetSchema } = await import("hyparquet")
  const { compressors } = await import("hyparquet-compressors")
  const metadata = await open(name, file, parquetMetadataAsync)
  const columns = parquetSchema(metadata).children.map(({ element }) => element.name)
  if (!columns.includes(column))
    throw dataError(
      "MissingColumn",
      `"${name}" has no column "${column}": name one of ${columns.join(", ")} as the source's text.`,
    )
  // A row group at a time: a part of one would fetch all of its column again.
  let rowEnd = 0
  for (const group of metadata.row_groups) {
    const rowStart = rowEnd
    rowEnd += Number(group.num_rows)
    const records = await parquetReadObjects({ file, metadata, columns: [column], rowStart, rowEnd, compressors })
    const documents: Array<string> = []
    for (const record of records) {
      const value = record[column]
      if (typeof value === "string" && value !== "") documents.push(value)
      else if (value !== null && value !== undefined && value !== "")
        throw dataError(
          "MissingColumn",
          `The column "${column}" of "${name}" holds a ${typeof value}, not text: name another of ${columns.join(", ")}.`,
        )
    }
    yield documents
  }
}
