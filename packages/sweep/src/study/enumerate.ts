/** From a tree whose fields may vary (lists, rules, functions) to its cells: plain objects, one per combination. */
import { canonicalJson } from "@ts/backend"
import { Predicate } from "effect"
import { problem, type StudyProblem } from "../errors.ts"
import { type Cell, cellBuilder } from "./cells.ts"
import type { Loose } from "./loose.ts"
import { checkRule, evaluateRule, RuleProblem, readsOf, ruleNames, ruleOf } from "./rules.ts"

/** Fields that are arrays themselves; elsewhere a list is a grid. */
const arrayFields = new Set([
  "optimizer.betas",
  "batch.pieces",
  "averages",
  "checkpointAt",
  "decays",
  "branches.at",
  "branches.factors",
  "branches.batches",
  "data.files",
  "data.paths",
  "data.source.files",
  "data.source.paths",
])

/** Fields that rules may name by their last part. */
const aliases: Record<string, string> = {
  d_model: "model.d_model",
  n_layers: "model.n_layers",
  n_heads: "model.n_heads",
  max_seq_len: "model.max_seq_len",
  vocab_size: "model.vocab_size",
  expansion_ratio: "model.expansion_ratio",
  baseWidth: "parametrisation.baseWidth",
  baseHeads: "parametrisation.baseHeads",
  baseDepth: "parametrisation.baseDepth",
  weightDecay: "optimizer.weightDecay",
  momentum: "optimizer.momentum",
  eps: "optimizer.eps",
  clip: "optimizer.clip",
  warmup: "schedule.warmup",
  decayStart: "schedule.decayStart",
}

/** Where a field lies that a rule names. */
export const pathOf = (name: string): string => aliases[name] ?? name

const numeric = new Set(["eta", "horizon", "seed"])

type Pending = readonly [path: string, node: unknown]
/** What a function rule sees: the fields known by then, by path or by last part. */
export type RunVariables = Readonly<Record<string, Loose>>

/** Thrown while enumerating; carries what `StudyError` reports. */
export class EnumerationProblem extends Error {
  readonly problem: StudyProblem
  constructor(field: string, message: string) {
    super(message)
    this.problem = problem(field, message)
  }
}

/** What makes two values of a list the same. */
const keyOf = (path: string, value: unknown): string => {
  try {
    return canonicalJson(value)
  } catch (fault) {
    throw new EnumerationProblem(path, `comes to what is no finite number; ${(fault as Error).message}`)
  }
}

/** Rules and lists of a tree are looked at again in every cell; what was found sound stays so. */
const soundRules = new WeakSet<object>()
const soundLists = new WeakSet<object>()

/**
 * Calls `emit` with every cell of the tree; the cell is valid until `emit` returns, its parts for ever, and equal parts are
 * one object. Throws `EnumerationProblem` for what cannot be enumerated.
 */
export const enumerate = (tree: Record<string, unknown>, emit: (cell: Cell) => void): void => {
  const cells = cellBuilder((path) => arrayFields.has(path))
  const { resolved } = cells

  const lookup = (name: string): unknown => {
    const path = pathOf(name)
    if (resolved.has(path)) return resolved.get(path)
    if (name === "batch" && resolved.get("batch.kind") === "constant") return resolved.get("batch.tokens")
    return undefined
  }

  const variables = (field: string): RunVariables =>
    new Proxy(
      {},
      {
        get: (_, name) => {
          if (typeof name !== "string") return undefined
          const value = lookup(name)
          if (value === undefined) {
            throw new EnumerationProblem(
              field,
              `the function reads \`${name}\`, which is not known when it is called; functions see what does not come from a function declared later`,
            )
          }
          return value
        },
      },
    )

  const optionsOf = (path: string, values: ReadonlyArray<unknown>): ReadonlyArray<unknown> => {
    if (soundLists.has(values)) return values
    if (values.length === 0) throw new EnumerationProblem(path, "the list is empty; give at least one value")
    const seen = new Set<string>()
    for (const value of values) {
      if (typeof value === "function") continue
      const key = keyOf(path, value)
      if (seen.has(key)) throw new EnumerationProblem(path, `${key} is listed twice; remove one`)
      seen.add(key)
    }
    soundLists.add(values)
    return values
  }

  const ready = ([path, node]: Pending): boolean => {
    const rule = ruleOf(node)
    if (rule === undefined) return typeof node !== "function"
    if (!soundRules.has(node as object)) {
      const fault = checkRule(...rule)
      if (fault !== undefined) {
        throw new EnumerationProblem([path, rule[0], fault.path].filter((part) => part !== "").join("."), fault.message)
      }
      soundRules.add(node as object)
    }
    return readsOf(...rule).every((name) => lookup(name) !== undefined)
  }

  const stuck = (pending: ReadonlyArray<Pending>): never => {
    const [path, node] = pending[0]
    const missing = readsOf(...ruleOf(node)!).filter((name) => lookup(name) === undefined)[0]
    const circular = pending.some(([p]) => p === pathOf(missing))
    throw new EnumerationProblem(
      path,
      circular
        ? `the rule reads ${missing}, which follows from ${path} itself; make one of them a value`
        : `the rule reads ${missing}, which the study does not set; set it, or name another field (batch, horizon, eta, seed, model.d_model, ...)`,
    )
  }

  /** The values that a list, a rule or a function gives. */
  const decide = ([path, node]: Pending): ReadonlyArray<unknown> => {
    const arrayField = arrayFields.has(path)
    if (typeof node === "function") {
      const value = node(variables(path))
      return Array.isArray(value) && !arrayField ? optionsOf(path, value) : [value]
    }
    const rule = ruleOf(node)
    if (rule === undefined) return optionsOf(path, node as ReadonlyArray<unknown>)
    try {
      return optionsOf(path, evaluateRule(rule[0], rule[1], lookup, arrayField))
    } catch (fault) {
      throw fault instanceof RuleProblem ? new EnumerationProblem(path, fault.message) : fault
    }
  }

  /** Settles what is given as it is; what varies is left, in the order of the document. */
  const settle = ([path, node]: Pending, settled: Array<string>): ReadonlyArray<Pending> => {
    if (typeof node === "function" || ruleOf(node) !== undefined) return [[path, node]]
    if (Array.isArray(node) && !arrayFields.has(path)) return [[path, node]]
    const nested = Array.isArray(node) || Predicate.isObject(node)
    const children = nested ? Object.entries(node as object) : []
    if (nested && numeric.has(path)) {
      throw new EnumerationProblem(
        path,
        `${JSON.stringify(node)} is neither a number nor a rule; the rules are ${ruleNames.join(", ")}`,
      )
    }
    if (children.length > 0) {
      return children
        .filter(([, child]) => child !== undefined)
        .flatMap(([key, child]) => settle([`${path}.${key}`, child], settled))
    }
    cells.set(path, node)
    settled.push(path)
    return []
  }

  /** What is decided next: a rule with one answer, since it multiplies nothing; else the first that can be. */
  const nextOf = (pending: ReadonlyArray<Pending>): number => {
    let first = -1
    for (const [i, entry] of pending.entries()) {
      if (!ready(entry)) continue
      if (!Array.isArray(entry[1]) && decide(entry).length === 1) return i
      if (first < 0) first = i
    }
    return first < 0 ? pending.findIndex(([, node]) => typeof node === "function") : first
  }

  const visit = (pending: ReadonlyArray<Pending>): void => {
    if (pending.length === 0) {
      emit(cells.cell())
      return
    }
    const index = nextOf(pending)
    if (index < 0) stuck(pending)
    const entry = pending[index]
    const rest = pending.toSpliced(index, 1)
    for (const option of decide(entry)) {
      const settled: Array<string> = []
      const left = settle([entry[0], option], settled)
      visit(left.length === 0 ? rest : [...left, ...rest])
      for (const path of settled) cells.delete(path)
    }
  }

  const given = Object.entries(tree).filter(([, node]) => node !== undefined)
  visit(given.flatMap((entry) => settle(entry, [])))
}

const within = (node: unknown): ReadonlyArray<unknown> =>
  typeof node === "object" && node !== null ? Object.values(node) : []

/** Whether anything in the tree follows the horizon, or might (a function). */
export const readsHorizon = (node: unknown): boolean => {
  if (typeof node === "function") return true
  const rule = ruleOf(node)
  if (rule !== undefined && checkRule(...rule) === undefined && readsOf(...rule).includes("horizon")) return true
  return within(node).some(readsHorizon)
}

export const hasFunction = (node: unknown): boolean => typeof node === "function" || within(node).some(hasFunction)
