import { RunsFormatError } from "./errors.ts"
import { Columns, flatten } from "./flatten.ts"
import type { Table } from "./table.ts"

/** Parquet files begin and end with these four bytes. */
export const isParquet = (bytes: Uint8Array): boolean => String.fromCharCode(...bytes.subarray(0, 4)) === "PAR1"

/**
 * Reads a Parquet file column by column. Structures become columns with dots, integers of 64 bits and decimals numbers; lists and bytes are left out.
 * The reader is loaded only when a file needs it.
 *
 * @throws RunsFormatError
 */
export const parseParquet = async (bytes: Uint8Array, file: string): Promise<Table> => {
  const { parquetMetadataAsync, parquetRead } = await import("hyparquet")
  const { compressors } = await import("hyparquet-compressors")
  const buffer = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength) as ArrayBuffer
  const columns = new Columns()
  let rows: number
  try {
    const metadata = await parquetMetadataAsync(buffer)
    rows = Number(metadata.num_rows)
    await parquetRead({
      file: buffer,
      metadata,
      compressors,
      onChunk: ({ columnName, columnData, rowStart }) => {
        for (let i = 0; i < columnData.length && rowStart + i < rows; i++)
          flatten(columnName, columnData[i], (name, cell) => columns.put(rowStart + i, name, cell))
      },
    })
  } catch (cause) {
    throw new RunsFormatError(file, `cannot be read as Parquet: ${(cause as Error).message}`)
  }
  if (rows === 0) throw new RunsFormatError(file, "holds no rows")
  return { name: file, format: "parquet", columns: columns.byName, rows, unit: "row", notes: [] }
}
