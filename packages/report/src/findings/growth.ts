import { isEstimate, type PowerLaw } from "@ts/fit"
import { signed } from "../format/error.ts"
import { intervalText, plain } from "../format/result.ts"

/** "grows like T^0.50 (90 %: 0.30 … 0.80)", or what keeps the exponent from being known. */
export const growthText = (law: PowerLaw): string => {
  const { exponent } = law
  if (!isEstimate(exponent)) return "exponent not identified"
  const { value, interval } = exponent
  if (interval === undefined) return `exponent ${signed(value, 2)} in T, its interval unknown`
  const range = `(${intervalText(interval, plain)})`
  if (interval.low > 0) return `grows like T^${value.toFixed(2)} ${range}`
  if (interval.high < 0) return `falls like T^${value.toFixed(2)} ${range}`
  return `growth with T undecided: exponent ${signed(value, 2)} ${range}`
}
