import { solvedForm } from "../joint/plain.ts"
import { lawValue } from "../joint/quantities.ts"
import type { Law } from "../law.ts"
import { inSlice } from "../statements.ts"

/** Runs that could be trained: one batch, a few rates about its optimum, up to one horizon. */
export interface Candidate {
  /** `new batch`: never measured. `longer`: the runs of a measured batch go on. `repeat`: other seeds at a measured batch. */
  readonly kind: "new batch" | "longer" | "repeat"
  /** Tokens. */
  readonly batch: number
  /** Learning rates, one run each. */
  readonly etas: ReadonlyArray<number>
  /** Horizon to train to, tokens. */
  readonly tokens: number
  /** Horizons that are read on the way and were not before, tokens. */
  readonly readings: ReadonlyArray<number>
  /** Tokens to be trained over all runs. */
  readonly cost: number
}

/** Rates of a candidate, octaves about the optimum that the law predicts at its longest horizon. */
const rateOctaves = [-1, 0, 1]

/** Fewer steps than this, warmup included, measure transients. */
const fewestSteps = 128

/** How far beyond the measured grid candidates go, in steps of the grid. */
const outside = 2

/**
 * Everything worth considering: the measured batches and two grid steps beyond on either side, the measured horizons and two steps
 * beyond. Where runs were read at several horizons a run passes through all shorter ones and can go on; where each horizon had runs of its
 * own (a decaying schedule) a candidate is read at its end only.
 */
export const candidates = (law: Law): ReadonlyArray<Candidate> => {
  const { joint } = law
  const solved = joint === undefined ? undefined : solvedForm(joint, joint.form)
  if (joint === undefined || solved === undefined) return []
  const own = law.cells.filter(inSlice(law.slice))
  const batches = sorted(own.map((cell) => cell.batch))
  const horizons = sorted(own.map((cell) => cell.tokens))
  const trunks = joint.evidence.blocks.some((block) => block.cells > 1)
  const lnSize = law.slice.size > 0 ? Math.log(law.slice.size) : 0
  const found: Array<Candidate> = []
  const propose = (
    kind: Candidate["kind"],
    batch: number,
    tokens: number,
    readings: ReadonlyArray<number>,
    each: number,
  ) => {
    if (readings.length === 0 || tokens / batch < fewestSteps) return
    const centre = lawValue(solved, Math.log(batch), { lnTokens: Math.log(tokens), lnSize })
    const etas = rateOctaves.map((octave) => Math.exp(centre + octave * Math.LN2))
    found.push({ kind, batch, etas, tokens, readings, cost: etas.length * each })
  }
  const reached = (batch: number, tokens: number, all: ReadonlyArray<number>) =>
    (trunks ? all.filter((t) => t <= tokens) : [tokens]).filter((t) => t / batch >= fewestSteps)
  const longer = beyond(horizons, "above")
  const all = [...horizons, ...longer]
  for (const batch of [...beyond(batches, "below"), ...beyond(batches, "above")])
    for (const tokens of all) propose("new batch", batch, tokens, reached(batch, tokens, all), tokens)
  for (const batch of batches) {
    const measured = sorted(own.filter((cell) => cell.batch === batch).map((cell) => cell.tokens))
    const last = measured[measured.length - 1]
    for (const tokens of horizons)
      if (tokens <= last) propose("repeat", batch, tokens, reached(batch, tokens, horizons), tokens)
    for (const tokens of all)
      if (tokens > last)
        propose(
          "longer",
          batch,
          tokens,
          reached(batch, tokens, all).filter((t) => t > last),
          trunks ? tokens - last : tokens,
        )
  }
  return found
}

const sorted = (values: ReadonlyArray<number>): ReadonlyArray<number> => [...new Set(values)].sort((a, b) => a - b)

/** Two further grid points on one side, a factor of two apart where one value alone gives no step. */
const beyond = (values: ReadonlyArray<number>, side: "above" | "below"): ReadonlyArray<number> => {
  if (values.length === 0) return []
  const first = values[0]
  const last = values[values.length - 1]
  const step = values.length < 2 ? 2 : Math.max(2, (last / first) ** (1 / (values.length - 1)))
  return Array.from({ length: outside }, (_, i) =>
    side === "above" ? Math.round(last * step ** (i + 1)) : Math.round(first / step ** (i + 1)),
  ).filter((value) => value >= 1)
}
