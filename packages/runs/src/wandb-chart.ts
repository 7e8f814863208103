import type { Cell, Column, Table } from "./table.ts"

/** Column "run - metric" of a chart: split at the last " - ", since names of runs hold dashes more often than names of metrics. */
const chartColumn = (name: string): { readonly run: string; readonly metric: string } | undefined => {
  const at = name.lastIndexOf(" - ")
  return at <= 0 ? undefined : { run: name.slice(0, at), metric: name.slice(at + 3) }
}

/**
 * The CSV that the W&B web page gives of a chart is wide: the x axis ("Step"), then three columns a run, "run - metric" and the same with
 * `__MIN` and `__MAX`, which are the bounds of a group and repeat the value for single runs. Turned into one row for each run and line: the x axis,
 * `run`, and the metric by its name. Cells are blank where a run has no point at a step.
 *
 * `undefined` for a table that is no such chart.
 */
export const chartTable = (table: Table): Table | undefined => {
  const names = [...table.columns.keys()]
  const plotted = names.filter((name) => table.columns.has(`${name}__MIN`) && table.columns.has(`${name}__MAX`))
  const points = plotted.flatMap((name) => {
    const parts = chartColumn(name)
    return parts === undefined ? [] : [{ name, ...parts }]
  })
  const axis = names.find(
    (name) => !plotted.some((plot) => name === plot || name === `${plot}__MIN` || name === `${plot}__MAX`),
  )
  if (points.length === 0 || axis === undefined) return undefined

  const runs = [...new Set(points.map(({ run }) => run))]
  const lines = table.rows
  const length = runs.length * lines
  const long = (cell: (run: number, line: number) => Cell): Column => ({
    length,
    at: (row) => cell(Math.floor(row / lines), row % lines),
  })
  const columns = new Map<string, Column>()
  const x = table.columns.get(axis)
  columns.set(
    axis,
    long((_, line) => x?.at(line)),
  )
  columns.set(
    "run",
    long((run) => runs[run]),
  )
  for (const metric of new Set(points.map((point) => point.metric))) {
    const byRun = runs.map((run) => {
      const point = points.find((p) => p.run === run && p.metric === metric)
      return point === undefined ? undefined : table.columns.get(point.name)
    })
    columns.set(
      metric,
      long((run, line) => byRun[run]?.at(line)),
    )
  }
  const places = new Uint32Array(length)
  for (let row = 0; row < length; row++) places[row] = table.places?.[row % lines] ?? (row % lines) + 1
  const unreadable = new Map(
    [...(table.unreadable ?? [])].flatMap(([line, why]) => runs.map((_, run) => [run * lines + line, why] as const)),
  )
  const note = `a chart exported from W&B: ${runs.length} runs, "${axis}" along its axis`
  return { ...table, columns, rows: length, places, unreadable, notes: [...table.notes, note] }
}
