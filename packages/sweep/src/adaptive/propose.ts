/**
 * What to train next: a pure function of what was measured, so that a study goes on where it stopped.
 *
 * The shortest horizons come first, for all batches: there a profile costs little, and walking off a grid's edge too.
 * Longer ones start from the optima found. Beyond the middle of the horizons only what the question needs is trained.
 */
import { type Cell, isEstimate, type Law, type Proposal as NextRun, nextRuns } from "@ts/fit"
import { type Line, measurable, type Reading, type Trunk, trunkKey } from "./line.ts"
import { type Layout, lacking, ratesOf, vertexOf, walk } from "./profile.ts"
import { answerOf, type Question } from "./question.ts"

/** Trunks to train, why, and what that costs in tokens. */
export interface Round {
  readonly trunks: ReadonlyArray<Trunk>
  readonly why: string
}

/** Nothing more to train: the question is answered, or nothing that is left would help. */
export interface Done {
  readonly reason: "answered" | "exhausted"
  readonly why: string
}

export interface Measured {
  readonly lines: ReadonlyArray<Line>
  readonly readings: ReadonlyArray<Reading>
  /** Fitted to the rows of the readings; `undefined` while there are none. */
  readonly law: Law | undefined
}

/** Rates of a first profile, of one at a short horizon, and of one at a long one. */
const scanned = 5
const several = 7
const few = 3

/** Profiles trained at once beyond the first: those that promise at least this part of what the best one does. */
const worthwhile = 0.5
const atOnce = 3

export const proposer = ({ lines, readings, law }: Measured, layout: Layout, question: Question) => {
  const { firstSeed } = layout
  const byCell = Map.groupBy(readings, ({ line, row }) => `${line} ${row.tokens}`)
  const at = (line: number, tokens: number) => byCell.get(`${line} ${tokens}`) ?? []
  const reached = reachOf(lines, readings)
  const horizons = [...new Set(lines.flatMap((line) => line.horizons))].sort((a, b) => a - b)
  const cells = new Map(law?.cells.map((cell) => [`${cell.batch} ${cell.tokens}`, cell]))
  const cellOf = (line: number, tokens: number): Cell | undefined => cells.get(`${lines[line].batch} ${tokens}`)
  const optima = opts(lines, at, cellOf, horizons)

  /** Trunks near a rate that are there already and would only have to go on, else a new one on the lattice. */
  const trunkAt = (line: number, x: number, until: number, seed: number): Trunk => {
    const known = [...reached.values()]
      .filter((t) => t.line === line && t.seed === seed && t.until < until && Math.abs(Math.log2(t.eta) - x) <= 0.55)
      .sort((a, b) => Math.abs(Math.log2(a.eta) - x) - Math.abs(Math.log2(b.eta) - x))[0]
    return { line, eta: known?.eta ?? onLattice(x, lines[line].start, layout.step), seed, until }
  }
  const fresh = (trunks: ReadonlyArray<Trunk>): ReadonlyArray<Trunk> => {
    const unique = new Map<string, Trunk>()
    for (const trunk of trunks) {
      const key = trunkKey(trunk)
      if (trunk.until > Math.max(reached.get(key)?.until ?? 0, unique.get(key)?.until ?? 0)) unique.set(key, trunk)
    }
    return [...unique.values()]
  }

  /** What one cell lacks. */
  const need = (line: number, tokens: number, count: number): ReadonlyArray<Trunk> => {
    const rates = ratesOf(at(line, tokens))
    const one = (x: number) => trunkAt(line, x, tokens, firstSeed)
    if (rates.length > 0) {
      const further = walk(rates, layout)
      if (further !== undefined) return fresh([one(further)])
    }
    const cell = cellOf(line, tokens)
    if (cell !== undefined && !isEstimate(cell.eta) && cell.eta.reason === "two-minima")
      return fresh(
        seconds(
          line,
          tokens,
          rates.map(({ eta }) => eta),
        ),
      )
    const centre = optima.own(line, tokens) ?? optima.guess(line, tokens)
    return fresh(lacking(rates, centre, count, layout).map(one))
  }
  /** Another seed of every rate, once: a second minimum that comes back is one. */
  const seconds = (line: number, tokens: number, etas: ReadonlyArray<number>): ReadonlyArray<Trunk> =>
    etas.map((eta) => ({ line, eta, seed: firstSeed + 1, until: tokens }))

  const started = (line: number, tokens: number) => at(line, tokens).length > 0
  const opened = (tokens: number) => horizons.indexOf(tokens) < Math.ceil(horizons.length / 2)

  /** Cells that were begun, or belong to the shorter half of the horizons, and are not measured well yet: the shortest first. */
  const unsettled = (): Round | undefined => {
    for (const tokens of horizons) {
      const trunks = lines.flatMap((line, i) => {
        if (!line.horizons.includes(tokens) || !measurable(line, tokens)) return []
        if (!started(i, tokens) && !opened(tokens)) return []
        const first = !line.horizons.some((t) => t < tokens && started(i, t))
        return need(i, tokens, first ? scanned : opened(tokens) ? several : few)
      })
      if (trunks.length > 0) return { trunks, why: `profiles at ${tokens} tokens` }
    }
    return undefined
  }

  const open = (line: number, tokens: number): ReadonlyArray<Trunk> =>
    lines[line].horizons.filter((t) => t <= tokens && measurable(lines[line], t)).flatMap((t) => need(line, t, few))

  /** One seed more at the rates that tell where the minimum is, or, for the loss there, at the minimum. */
  const repeat = (line: number, tokens: number, places: ReadonlyArray<number>, skip = 0): ReadonlyArray<Trunk> => {
    const rates = ratesOf(at(line, tokens))
    const centre = optima.own(line, tokens) ?? optima.guess(line, tokens)
    const seed =
      1 +
      skip +
      Math.max(
        firstSeed,
        ...readings.filter((r) => r.line === line && r.row.tokens >= tokens).map(({ row }) => row.seed),
      )
    return places.flatMap((place) => {
      const near = rates
        .filter(({ loss }) => loss < Infinity)
        .sort((a, b) => Math.abs(a.x - centre - place) - Math.abs(b.x - centre - place))[0]
      return near === undefined ? [] : [{ line, eta: near.eta, seed, until: tokens }]
    })
  }

  /** What one more profile buys is told to first order; by then the others at its horizon may tell more. */
  const isAhead = (line: number, tokens: number): boolean => {
    const others = lines.flatMap((other, i) =>
      other.horizons.includes(tokens) && measurable(other, tokens) ? [seedsAt(i, tokens)] : [],
    )
    return seedsAt(line, tokens) >= 2 + Math.min(...others)
  }

  const fromNextRuns = (proposals: ReadonlyArray<NextRun>): Round | undefined => {
    const gain = ({ now, after, cost }: NextRun) => (now - after) / cost
    const best = gain(proposals[0])
    const trunks = proposals
      .filter((p) => gain(p) >= worthwhile * best)
      .slice(0, atOnce)
      .flatMap(({ kind, batch, tokens }) =>
        lines.flatMap((line, i) => {
          if (line.batch !== batch || !line.horizons.includes(tokens)) return []
          const more = kind === "repeat" ? [] : open(i, tokens)
          if (more.length > 0) return more
          return isAhead(i, tokens) ? [] : repeat(i, tokens, [-layout.spread, layout.spread])
        }),
      )
    return trunks.length === 0 ? undefined : { trunks: fresh(trunks), why: "buys most certainty per token" }
  }

  /** The next horizon for every line. */
  const nextHorizon = (wanted: (line: Line, tokens: number) => boolean): Round | undefined => {
    for (const tokens of horizons) {
      const trunks = lines.flatMap((line, i) =>
        line.horizons.includes(tokens) && measurable(line, tokens) && !started(i, tokens) && wanted(line, tokens)
          ? open(i, tokens)
          : [],
      )
      if (trunks.length > 0) return { trunks: fresh(trunks), why: `profiles at ${tokens} tokens` }
    }
    return undefined
  }

  const propose = (): Round | Done => {
    const first = unsettled()
    if (first !== undefined) return first
    if (law === undefined) return { reason: "exhausted", why: "no batch has 64 steps after warmup at any horizon" }
    const { answered, halfWidth } = answerOf(law, question)
    if (answered) return { reason: "answered", why: `known to within ${halfWidth.toPrecision(2)}` }
    if ("exponent" in question && question.exponent === "overhead") return overhead(law)
    const proposals = nextRuns(
      law,
      "eta" in question ? { about: "eta", ...question.eta } : { about: "exponent" },
      lines.length,
    )
    const useful =
      "_tag" in proposals
        ? []
        : proposals.filter((p) => lines.some((line) => line.batch === p.batch && line.horizons.includes(p.tokens)))
    return (
      (useful.length > 0 ? fromNextRuns(useful) : undefined) ??
      nextHorizon(() => true) ??
      again([-layout.spread, layout.spread], () => true)
    )
  }

  /**
   * More seeds where they are cheapest for what they tell: a line through T has its doubt least for a given sum of tokens where their
   * number goes as T^-1/2.
   */
  const again = (places: ReadonlyArray<number>, wanted: (line: Line, tokens: number) => boolean): Round | Done => {
    const poorest = horizons
      .map((tokens) => {
        const members = lines.flatMap((line, i) =>
          line.horizons.includes(tokens) && started(i, tokens) && wanted(line, tokens) ? [i] : [],
        )
        const seeds = Math.min(...members.map((i) => seedsAt(i, tokens)))
        return { tokens, members, seeds, weight: seeds * Math.sqrt(tokens) }
      })
      .filter(({ members }) => members.length > 0)
      .sort((a, b) => a.weight - b.weight)[0]
    if (poorest === undefined)
      return { reason: "exhausted", why: "nothing within the batches and horizons of the study would tell more" }
    const { tokens, members, seeds } = poorest
    const trunks = members
      .filter((i) => seedsAt(i, tokens) === seeds)
      .flatMap((i) => Array.from({ length: Math.ceil(seeds / 3) }, (_, k) => repeat(i, tokens, places, k)).flat())
    return { trunks: fresh(trunks), why: `more seeds up to ${tokens} tokens` }
  }

  /** Seeds that were read here. */
  const seedsAt = (line: number, tokens: number): number => new Set(at(line, tokens).map(({ row }) => row.seed)).size

  /** For the overhead batch only the losses of the reference and of the batches about the crossing count. */
  const overhead = (law: Law): Round | Done => {
    const reference = Math.min(...lines.map(({ batch }) => batch))
    const crossing = (tokens: number): readonly [number, number] => {
      const known = law.overheads.filter((o) => o.tokens <= tokens && isEstimate(o.batch))
      const last = known[known.length - 1]
      if (last === undefined || !isEstimate(last.batch)) return [0, Infinity]
      const growth = Math.sqrt(tokens / last.tokens)
      return [last.batch.value / margin, last.batch.value * growth * margin]
    }
    const matters = (line: Line, tokens: number): boolean => {
      // No larger batch reaches within its horizons what the reference has at the longest.
      if (line.batch === reference) return tokens < horizons[horizons.length - 1]
      const [from, to] = crossing(tokens)
      return line.batch >= from && line.batch <= to
    }
    const longer = nextHorizon(matters)
    if (longer !== undefined) return longer
    return again([0], matters)
  }

  return { propose, reached, guess: optima.guess }
}

/** Batches further than this from the overhead batch are on neither side of it. */
const margin = 2.2

/** Rates on one lattice of octaves / step through the line's first guess, a few digits long. */
const onLattice = (x: number, start: number, step: number): number =>
  Number((2 ** (start + step * Math.round((x - start) / step))).toPrecision(6))

/** How far each trunk is; one that diverged has nothing left to read. */
const reachOf = (lines: ReadonlyArray<Line>, readings: ReadonlyArray<Reading>): ReadonlyMap<string, Trunk> => {
  const reached = new Map<string, Trunk>()
  for (const { line, row } of readings) {
    const key = trunkKey({ line, eta: row.eta, seed: row.seed })
    const known = reached.get(key)?.until ?? 0
    const until = row.status === "diverged" ? lines[line].horizons[lines[line].horizons.length - 1] : row.tokens
    reached.set(key, { line, eta: row.eta, seed: row.seed, until: Math.max(known, until) })
  }
  return reached
}

/** Steepest drift of log2 eta* with log2 T or log2 B that a guess follows. */
const steepest = 0.75

const opts = (
  lines: ReadonlyArray<Line>,
  at: (line: number, tokens: number) => ReadonlyArray<Reading>,
  cellOf: (line: number, tokens: number) => Cell | undefined,
  horizons: ReadonlyArray<number>,
) => {
  const own = (line: number, tokens: number): number | undefined => {
    const cell = cellOf(line, tokens)
    if (cell !== undefined && isEstimate(cell.eta)) return Math.log2(cell.eta.value)
    const rates = ratesOf(at(line, tokens))
    return rates.filter(({ loss }) => loss < Infinity).length >= 3 ? vertexOf(rates) : undefined
  }
  /** From the same line at shorter horizons, else from the nearest cell that has an optimum, else the study's own. */
  const guess = (line: number, tokens: number): number => {
    const before = lines[line].horizons
      .filter((t) => t < tokens)
      .flatMap((t) => {
        const x = own(line, t)
        return x === undefined ? [] : [{ at: Math.log2(t), x }]
      })
    const last = before[before.length - 1]
    if (last !== undefined) {
      const recent = before.slice(-3)
      const mid = recent.reduce((sum, p) => sum + p.at, 0) / recent.length
      const above = recent.reduce((sum, p) => sum + (p.at - mid) * p.x, 0)
      const below = recent.reduce((sum, p) => sum + (p.at - mid) ** 2, 0)
      const slope = below > 0 ? Math.max(-steepest, Math.min(steepest, above / below)) : 0
      const mean = recent.reduce((sum, p) => sum + p.x, 0) / recent.length
      return mean + slope * (Math.log2(tokens) - mid)
    }
    let nearest: { distance: number; x: number } | undefined
    lines.forEach((other, i) => {
      for (const t of horizons) {
        const distance = Math.abs(Math.log2(other.batch / lines[line].batch)) + Math.abs(Math.log2(t / tokens))
        if (nearest !== undefined && distance >= nearest.distance) continue
        const x = own(i, t)
        if (x !== undefined) nearest = { distance, x }
      }
    })
    return nearest?.x ?? lines[line].start
  }
  return { own, guess }
}
