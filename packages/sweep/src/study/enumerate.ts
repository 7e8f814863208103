/** From a tree whose fields may vary (lists, rules, functions) to its cells: plain objects, one per combination. */
import { canonicalJson } from "@ts/backend"
import { Predicate } from "effect"
import { problem, type StudyProblem } from "../errors.ts"
import type { Loose } from "./loose.ts"
import { checkRule, evaluateRule, RuleProblem, readsOf, ruleNames, ruleOf } from "./rules.ts"

/** Fields that are arrays themselves; elsewhere a list is a grid. */
const arrayFields = new Set([
  "optimizer.betas",
  "batch.pieces",
  "averages",
  "checkpointAt",
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

const numeric = new Set(["eta", "horizon", "seed"])

type Pending = readonly [path: string, node: unknown]
export type Cell = Record<string, Loose>
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

const build = (resolved: ReadonlyMap<string, unknown>): Cell => {
  const cell: Cell = {}
  for (const [path, value] of resolved) {
    const parts = path.split(".")
    let at: Loose = cell
    for (let i = 0; i < parts.length - 1; i++) {
      at[parts[i]] ??= arrayFields.has(parts.slice(0, i + 1).join(".")) ? [] : {}
      at = at[parts[i]]
    }
    at[parts[parts.length - 1]] = value
  }
  return cell
}

const isPlain = (node: unknown): node is Record<string, unknown> => Predicate.isObject(node) && !Array.isArray(node)

/** Calls `emit` with every cell of the tree. Throws `EnumerationProblem` for what cannot be enumerated. */
export const enumerate = (tree: Record<string, unknown>, emit: (cell: Cell) => void): void => {
  const resolved = new Map<string, unknown>()

  const lookup = (name: string): unknown => {
    const path = aliases[name] ?? name
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
    if (values.length === 0) throw new EnumerationProblem(path, "the list is empty; give at least one value")
    const seen = new Set<string>()
    for (const value of values) {
      if (typeof value === "function") continue
      const key = canonicalJson(value)
      if (seen.has(key)) throw new EnumerationProblem(path, `${key} is listed twice; remove one`)
      seen.add(key)
    }
    return values
  }

  const ready = ([path, node]: Pending): boolean => {
    const rule = ruleOf(node)
    if (rule === undefined) return typeof node !== "function"
    const fault = checkRule(...rule)
    if (fault !== undefined) {
      throw new EnumerationProblem([path, rule[0], fault.path].filter((part) => part !== "").join("."), fault.message)
    }
    return readsOf(...rule).every((name) => lookup(name) !== undefined)
  }

  const stuck = (pending: ReadonlyArray<Pending>): never => {
    const [path, node] = pending[0]
    const missing = readsOf(...ruleOf(node)!).filter((name) => lookup(name) === undefined)[0]
    const circular = pending.some(([p]) => p === (aliases[missing] ?? missing))
    throw new EnumerationProblem(
      path,
      circular
        ? `the rule reads ${missing}, which follows from ${path} itself; make one of them a value`
        : `the rule reads ${missing}, which the study does not set; set it, or name another field (batch, horizon, eta, seed, model.d_model, ...)`,
    )
  }

  /** One value for every way the first node that can be decided may turn out. */
  const decide = ([path, node]: Pending): { readonly options: ReadonlyArray<unknown>; readonly settled: boolean } => {
    const arrayField = arrayFields.has(path)
    if (typeof node === "function") {
      const value = node(variables(path))
      return Array.isArray(value) && !arrayField
        ? { options: optionsOf(path, value), settled: false }
        : { options: [value], settled: false }
    }
    const rule = ruleOf(node)
    if (rule !== undefined) {
      try {
        return { options: optionsOf(path, evaluateRule(rule[0], rule[1], lookup, arrayField)), settled: false }
      } catch (fault) {
        throw fault instanceof RuleProblem ? new EnumerationProblem(path, fault.message) : fault
      }
    }
    if (Array.isArray(node) && !arrayField) return { options: optionsOf(path, node), settled: false }
    return { options: [node], settled: true }
  }

  const visit = (pending: ReadonlyArray<Pending>): void => {
    const added: Array<string> = []
    const settle = (path: string, value: unknown) => {
      resolved.set(path, value)
      added.push(path)
    }
    let queue = pending
    for (;;) {
      if (queue.length === 0) {
        emit(build(resolved))
        break
      }
      let index = queue.findIndex(ready)
      if (index < 0) index = queue.findIndex(([, node]) => typeof node === "function")
      if (index < 0) stuck(queue)
      const entry = queue[index]
      const rest = queue.toSpliced(index, 1)
      const { options, settled } = decide(entry)
      const [path] = entry
      if (settled) {
        const node = options[0]
        if (Array.isArray(node) || isPlain(node)) {
          if (numeric.has(path)) {
            throw new EnumerationProblem(
              path,
              `${JSON.stringify(node)} is neither a number nor a rule; the rules are ${ruleNames.join(", ")}`,
            )
          }
          const children = Object.entries(node).map(([key, child]): Pending => [`${path}.${key}`, child])
          if (children.length === 0) settle(path, node)
          queue = [...children.filter(([, child]) => child !== undefined), ...rest]
        } else {
          settle(path, node)
          queue = rest
        }
      } else if (options.length === 1) {
        queue = [[path, options[0]], ...rest]
      } else {
        for (const option of options) visit([[path, option], ...rest])
        break
      }
    }
    for (const path of added) resolved.delete(path)
  }

  visit(Object.entries(tree).filter(([, node]) => node !== undefined))
}

/** Whether anything in the tree follows the horizon, or might (a function). */
export const readsHorizon = (node: unknown): boolean => {
  if (typeof node === "function") return true
  const rule = ruleOf(node)
  if (rule !== undefined && checkRule(...rule) === undefined && readsOf(...rule).includes("horizon")) return true
  return Predicate.isObject(node) && Object.values(node).some(readsHorizon)
}

export const hasFunction = (node: unknown): boolean =>
  typeof node === "function" || (Predicate.isObject(node) && Object.values(node).some(hasFunction))
