import type { Law } from "@ts/fit"
import { formTable } from "./form-tables.ts"
import { etaTable, lossTable, overheadTable, sensitivityTable } from "./grid-tables.ts"
import { bestBatchTable, horizonTable, powerLawTable, regimeTable } from "./horizon-tables.ts"
import { droppedTable, profileTable, widthTable } from "./list-tables.ts"
import type { ReportTable } from "./table.ts"

/** Everything a law says, as plain tables. */
export interface Tables {
  readonly eta: ReportTable
  readonly loss: ReportTable
  readonly profiles: ReportTable
  readonly overhead: ReportTable
  readonly horizons: ReportTable
  readonly bestBatch: ReportTable
  readonly powerLaws: ReportTable
  readonly regimes: ReportTable
  readonly forms: ReportTable
  readonly sensitivity: ReportTable
  readonly widths: ReportTable
  readonly dropped: ReportTable
}

export const tables = (law: Law): Tables => ({
  eta: etaTable(law),
  loss: lossTable(law),
  profiles: profileTable(law),
  overhead: overheadTable(law),
  horizons: horizonTable(law),
  bestBatch: bestBatchTable(law),
  powerLaws: powerLawTable(law),
  regimes: regimeTable(law),
  forms: formTable(law),
  sensitivity: sensitivityTable(law),
  widths: widthTable(law),
  dropped: droppedTable(law),
})
