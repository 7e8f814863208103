/** Figures as lines for a terminal. */
import { type Quantity, quantities } from "./score.ts"
import type { Identifiability, QuantityFigures, ScenarioFigures, Share } from "./summary.ts"

const percent = (x: number): string => (Number.isNaN(x) ? "-" : (100 * x).toFixed(1))

export const shareText = ({ value, standardError }: Share): string =>
  `${percent(value)}${Number.isNaN(standardError) ? "" : ` ± ${percent(standardError)}`}`

/** In percent; alpha_B, a plain number, as a difference. */
const biasText = (quantity: Quantity, bias: number): string => {
  if (Number.isNaN(bias)) return "-"
  const text = quantity === "alpha_B" ? bias.toFixed(3) : `${(100 * Math.expm1(bias)).toFixed(1)} %`
  return bias > 0 ? `+${text}` : text
}

const header = ["", "coverage %", "spoken %", "estimate %", "bound %", "empty %", "bias", "width"]

const lineOf = (quantity: Quantity, f: QuantityFigures): ReadonlyArray<string> => [
  `  ${quantity}`,
  shareText(f.coverage),
  shareText(f.spoken),
  percent(f.estimates),
  percent(f.bounds),
  percent(f.empty),
  biasText(quantity, f.bias),
  Number.isNaN(f.width) ? "-" : f.width.toFixed(3),
]

const aligned = (line: ReadonlyArray<string>): string =>
  line.map((text, i) => (i === 0 ? text.padEnd(14) : text.padStart(13))).join("")

export const scenarioText = (f: ScenarioFigures): string =>
  [
    `${f.scenario}: ${f.studies} studies, ${shareText(f.coverage)} % covered; estimated noise ${f.noise.toFixed(2)} of the true one, shared part ${f.shared.toFixed(2)}; ${f.seconds.toFixed(3)} s a study`,
    aligned(header),
    ...quantities.map((q) => aligned(lineOf(q, f.quantities[q]))),
    "",
  ].join("\n")

export const identifiabilityText = (groups: ReadonlyArray<Identifiability>): string =>
  [
    "B_crit said to be not identified, by the Cramér-Rao deviation of ln B_crit:",
    ...groups.map((g) => `  ${g.group.padEnd(12)}${percent(g.notIdentified).padStart(6)} % of ${g.horizons} horizons`),
  ].join("\n")
