/** Columns of text, the first aligned left; a grid wider than `width` continues below with its first column repeated. */
export const gridLines = (
  rows: ReadonlyArray<ReadonlyArray<string>>,
  width: number,
): ReadonlyArray<ReadonlyArray<string>> => {
  const columns = rows[0]?.length ?? 0
  const widths = Array.from({ length: columns }, (_, j) => rows.reduce((most, row) => Math.max(most, row[j].length), 0))
  const blocks: Array<ReadonlyArray<string>> = []
  let from = 1
  do {
    let to = from
    let used = widths[0]
    while (to < columns && (to === from || used + gap.length + widths[to] <= width)) used += gap.length + widths[to++]
    const shown = [0, ...Array.from({ length: to - from }, (_, k) => from + k)]
    blocks.push(
      rows.map((row) =>
        shown
          .map((j) => row[j].padEnd(widths[j]))
          .join(gap)
          .trimEnd(),
      ),
    )
    from = to
  } while (from < columns)
  return blocks
}

const gap = "  "
