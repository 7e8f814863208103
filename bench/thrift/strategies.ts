/** Ways to spend tokens on a world. Each yields its rows and the tokens spent so far, after every purchase. */
import type { Row } from "../../packages/fit/src/index.ts"
import type { Line, Reading } from "../../packages/sweep/src/adaptive/line.ts"
import { proposer } from "../../packages/sweep/src/adaptive/propose.ts"
import { lawFor, type Question } from "../../packages/sweep/src/adaptive/question.ts"
import { optimalEta } from "../../plugins/surrogate/src/law.ts"
import type { World } from "./world.ts"

export interface Spent {
  readonly tokens: number
  readonly rows: ReadonlyArray<Row>
}

/** Nine half-octave rates about the true optimum of each batch at the middle horizon, the phase of the lattice at random: a good guess. */
export const ratesOf = (world: World): ReadonlyArray<ReadonlyArray<number>> => {
  const phase = world.draw()
  return world.batches.map((batch) => {
    const nearest = Math.round(2 * Math.log2(optimalEta(world.law, batch, 2 ** 22.5)) - phase)
    return Array.from({ length: 9 }, (_, i) => 2 ** ((nearest - 4 + i + phase) / 2))
  })
}

const sum = (values: ReadonlyArray<number>) => values.reduce((a, b) => a + b, 0)

/** Tokens of the full grid that shares no trunks: 6 batches x 6 horizons x 9 rates. */
export const gridTokens = ({ batches, horizons }: Pick<World, "batches" | "horizons">): number =>
  9 * batches.length * sum(horizons)

export const grid = (world: World, shared: boolean): Spent => {
  const rates = ratesOf(world)
  const rows = world.batches.flatMap((batch, b) =>
    rates[b].flatMap((eta) => world.train({ batch, eta, seed: 1, at: world.horizons, alone: !shared })),
  )
  return {
    rows,
    tokens: shared ? 9 * world.batches.length * (world.horizons.at(-1) as number) : gridTokens(world),
  }
}

/** Batch, horizon and ln eta at random, the rate in the range of the grid; runs are read on their way. */
export function* random(world: World): Generator<Spent> {
  const rates = ratesOf(world)
  const rows: Array<Row> = []
  let tokens = 0
  for (let seed = 1; ; seed++) {
    const b = Math.floor(world.draw() * world.batches.length)
    const until = world.horizons[Math.floor(world.draw() * world.horizons.length)]
    const [low, high] = [Math.log(rates[b][0]), Math.log(rates[b][8])]
    const eta = Math.exp(low + (high - low) * world.draw())
    tokens += until
    rows.push(...world.train({ batch: world.batches[b], eta, seed, at: world.horizons.filter((t) => t <= until) }))
    yield { tokens, rows: [...rows] }
  }
}

const layout = { spread: 1.75, step: 0.5, firstSeed: 1 }

/** Without `within` it never counts its question as answered. */
export function* adaptive(world: World, within = 1e-9): Generator<Spent> {
  const lines = world.batches.map((batch): Line => ({ batch, horizons: world.horizons, warmup: 0, start: world.start }))
  const question: Question = { exponent: world.asked, within }
  let readings: ReadonlyArray<Reading> = []
  let tokens = 0
  for (;;) {
    const rows = readings.map(({ row }) => row)
    const law = rows.length === 0 ? undefined : lawFor(question, rows)
    const { propose, reached } = proposer({ lines, readings, law }, layout, question)
    const round = propose()
    if ("reason" in round) return
    const trained = new Map([...reached.entries()])
    for (const { line, eta, seed, until } of round.trunks) {
      const before = trained.get(`${line} ${eta} ${seed}`)?.until ?? 0
      const at = world.horizons.filter((t) => t > before && t <= until)
      const all = world.train({ batch: lines[line].batch, eta, seed, at: world.horizons.filter((t) => t <= until) })
      const fresh = all.filter(({ tokens: t }) => at.includes(t))
      // A diverged run stops where it diverged.
      const end = fresh.find(({ status }) => status === "diverged")?.tokens ?? until
      tokens += Math.max(0, end - before)
      readings = [...readings, ...fresh.map((row) => ({ line, row }))]
    }
    yield { tokens, rows: readings.map(({ row }) => row) }
  }
}
