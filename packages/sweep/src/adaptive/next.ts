/** The next round of an adaptive study: model by model, the smallest first, each starting from what the one before found. */
import { flopsPerToken } from "@ts/backend"
import type { Law, Row } from "@ts/fit"
import type { Adaptive } from "./declared.ts"
import { type Line, type Reading, type Trunk, trunkKey } from "./line.ts"
import { proposer } from "./propose.ts"
import { type Answer, answerOf, type Question } from "./question.ts"
import type { Model, Space } from "./space.ts"

export interface Spent {
  readonly tokens: number
  readonly flops: number
}

/** How a search ends by itself. */
export type Ending = "answered" | "exhausted" | "budget"

/** What is known of one model, and how its search ended. */
export interface ModelAnswer {
  /** d_model. */
  readonly width: number
  /** Parameters. */
  readonly size: number
  readonly ended: Ending | undefined
  readonly why: string
  /** `undefined` while nothing is measured. */
  readonly answer: Answer | undefined
}

export interface Next {
  /** Empty where the study has ended. */
  readonly trunks: ReadonlyArray<Trunk>
  /** `answered` where every model is; absent while there is something to train. */
  readonly ended: Ending | undefined
  readonly why: string
  readonly spent: Spent
  /** Of the trunks. */
  readonly cost: Spent
  readonly models: ReadonlyArray<ModelAnswer>
  /** Where the budget does not reach for a single trunk more: what the cheapest would take. */
  readonly cheapest?: Spent
}

const none: Spent = { tokens: 0, flops: 0 }
const plus = (a: Spent, b: Spent): Spent => ({ tokens: a.tokens + b.tokens, flops: a.flops + b.flops })
const fits = (spent: Spent, { tokens = Infinity, flops = Infinity }: NonNullable<Adaptive["budget"]>): boolean =>
  spent.tokens <= tokens && spent.flops <= flops

/** How far each run is, tokens; one that diverged stopped at the first reading that it did not reach. */
const trained = (readings: ReadonlyArray<Reading>): ReadonlyMap<string, number> => {
  const reached = new Map<string, number>()
  const fell = new Map<string, number>()
  for (const { row } of readings) {
    const furthest = row.status === "diverged" ? fell : reached
    const known = furthest.get(row.runId)
    const better = row.status === "diverged" ? Math.min : Math.max
    furthest.set(row.runId, known === undefined ? row.tokens : better(known, row.tokens))
  }
  return new Map([...reached, ...fell])
}

/** The lines of a model with first guesses from another one's optima: under muP the rates are the same. */
const warmed = (lines: ReadonlyArray<Line>, before: Finished | undefined): ReadonlyArray<Line> =>
  before === undefined
    ? lines
    : lines.map((line) => {
        const near = before.lines.reduce(
          (best, other, i) =>
            Math.abs(Math.log(other.batch / line.batch)) < Math.abs(Math.log(before.lines[best].batch / line.batch))
              ? i
              : best,
          0,
        )
        return { ...line, start: before.guess(near, line.horizons[0]) }
      })

interface Finished {
  readonly lines: ReadonlyArray<Line>
  readonly guess: (line: number, tokens: number) => number
}

const layoutOf = ({ spread = 1.75, step = 0.5 }: Adaptive, firstSeed: number) => ({ spread, step, firstSeed })

/** How the law of one model comes about; `model` names it. */
export type Fit = (question: Question, rows: ReadonlyArray<Row>, model: string) => Law

/** A pure function of the readings, so that a study that was stopped goes on as it would have. */
export const nextRound = (
  { models, firstSeed }: Space,
  readings: ReadonlyArray<Reading>,
  adaptive: Adaptive,
  fit: Fit,
): Next => {
  const { question, budget = {} } = adaptive
  const found: Array<ModelAnswer> = []
  let spent = none
  let before: Finished | undefined
  const members = models.map((model) => {
    const local = new Map(model.positions.map((position, i) => [position, i]))
    return readings.flatMap(({ line, row }): ReadonlyArray<Reading> => {
      const i = local.get(line)
      return i === undefined ? [] : [{ line: i, row }]
    })
  })
  const price = (model: Model, tokens: number): Spent => ({ tokens, flops: tokens * flopsPerToken(model.spec.model) })
  const each = models.map((model, m) =>
    price(
      model,
      [...trained(members[m]).values()].reduce((a, b) => a + b, 0),
    ),
  )
  const all = each.reduce(plus, none)

  for (const [m, model] of models.entries()) {
    const rows = members[m].map(({ row }) => row)
    const law: Law | undefined = rows.length === 0 ? undefined : fit(question, rows, `${m}`)
    const lines = warmed(model.lines, before)
    const { propose, reached, guess } = proposer(
      { lines, readings: members[m], law },
      layoutOf(adaptive, firstSeed),
      question,
    )
    const round = propose()
    const answer = law === undefined ? undefined : answerOf(law, question)
    const standing = { width: model.spec.model.d_model, size: model.size, answer }
    spent = plus(spent, each[m])
    before = { lines, guess }
    if ("reason" in round) {
      found.push({ ...standing, ended: round.reason, why: round.why })
      continue
    }
    // What is left is shared evenly by the models still to come.
    const share = models.length - m
    const cap = {
      tokens: ((budget.tokens ?? Infinity) - spent.tokens) / share,
      flops: ((budget.flops ?? Infinity) - spent.flops) / share,
    }
    const priced = round.trunks
      .map((trunk) => {
        return {
          trunk: { ...trunk, line: model.positions[trunk.line] },
          cost: price(model, trunk.until - (reached.get(trunkKey(trunk))?.until ?? 0)),
        }
      })
      .sort((a, b) => a.trunk.until - b.trunk.until)
    let cost = none
    const trunks = priced.flatMap((one) => {
      if (!fits(plus(cost, one.cost), cap)) return []
      cost = plus(cost, one.cost)
      return [one.trunk]
    })
    if (trunks.length > 0) {
      found.push({ ...standing, ended: undefined, why: round.why })
      return { trunks, ended: undefined, why: round.why, spent: all, cost, models: found }
    }
    found.push({ ...standing, ended: "budget", why: "the budget is spent" })
    if (all.tokens === 0) {
      const cheapest = priced.map(({ cost }) => cost).sort((a, b) => a.tokens - b.tokens)[0]
      return {
        trunks: [],
        ended: "budget",
        why: "the budget is spent",
        spent: all,
        cost: none,
        models: found,
        cheapest,
      }
    }
  }
  // Answered is what every model is.
  const last = found.find(({ ended }) => ended !== "answered") ?? found[0]
  return { trunks: [], ended: last.ended, why: last.why, spent: all, cost: none, models: found }
}
