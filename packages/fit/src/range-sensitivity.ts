import { etaText } from "./format.ts"
import { notIdentified, type Result, unavailable } from "./result.ts"
import { requirePositive } from "./validate.ts"

/** Final loss of one run of a sweep over the rate, nats; not finite where it diverged. */
export interface SweptRate {
  readonly eta: number
  readonly loss: number
}

/** Rates closer than this factor count as one. */
const same = 1 + 1e-6

/**
 * LR sensitivity of Wortsman et al. 2023 (arXiv 2309.14322), section 2.2, nats per token:
 *
 *   mean over eta in [a, b] of [ min(L(eta), L_0) - L* ],   L* = min over eta in [a, b] of L(eta),   L_0 = loss at initialisation.
 *
 * The paper takes 3e-4, 1e-3, 3e-3 ... 3e-1, and the mean over the rates of its grid, which should be even in ln eta; so does this function with the
 * rates given, within [from, to]. Repeated rates are averaged first. A diverged run counts as L_0. Unlike `sensitivity` it needs no optimum
 * inside the sweep, and it depends on where the range lies: a shift of eta* changes it. Only sweeps over the same range compare.
 *
 * @throws InvalidOptionError for a rate, an initial loss or an end of the range that is not positive
 */
export const rangeSensitivity = (
  runs: ReadonlyArray<SweptRate>,
  options: { readonly initialLoss: number; readonly from: number; readonly to: number },
): Result => {
  const { initialLoss, from, to } = options
  requirePositive("initialLoss", initialLoss)
  requirePositive("from", from)
  requirePositive("to", to)
  runs.forEach((run, i) => {
    requirePositive(`runs[${i}].eta`, run.eta)
  })
  const inside = runs.filter((run) => run.eta * same >= from && run.eta <= to * same).toSorted((a, b) => a.eta - b.eta)
  const rates: Array<{ eta: number; losses: Array<number> }> = []
  for (const { eta, loss } of inside) {
    const capped = Number.isFinite(loss) ? Math.min(loss, initialLoss) : initialLoss
    const last = rates[rates.length - 1]
    if (last !== undefined && eta <= last.eta * same) last.losses.push(capped)
    else rates.push({ eta, losses: [capped] })
  }
  const n = inside.length
  const [lowest, highest] = [rates[0], rates[rates.length - 1]]
  if (lowest === undefined)
    return notIdentified("no-data", `No run between eta ${etaText(from)} and ${etaText(to)}.`, n)
  if (rates.length < 2) return notIdentified("too-few-points", "One rate alone has no spread: sweep more rates.", n)
  const step = (highest.eta / lowest.eta) ** (1 / (rates.length - 1))
  // The sweep must fill its range, or it is the sensitivity over another one.
  if (lowest.eta > from * step || highest.eta < to / step)
    return notIdentified(
      lowest.eta > from * step ? "edge-low" : "edge-high",
      `The sweep covers eta ${etaText(lowest.eta)} to ${etaText(highest.eta)}, not ${etaText(from)} to ${etaText(to)}: sweep the rest, or ask for what it covers.`,
      n,
    )
  const losses = rates.map((rate) => rate.losses.reduce((a, b) => a + b) / rate.losses.length)
  const best = losses.reduce((a, b) => Math.min(a, b))
  return {
    _tag: "Estimate",
    value: losses.reduce((sum, loss) => sum + (loss - best), 0) / losses.length,
    scale: "linear",
    standardError: unavailable("A mean over a sweep carries no error of its own: repeat the sweep with other seeds."),
    interval: undefined,
    n,
    notes: [],
  }
}
