import { type Field, type Guess, numberFields, type TableMapping, textFields } from "./mapping.ts"
import { batchNames, letters, type ReadName, readName, usualNames } from "./usual-names.ts"

/** A field that names alone do not settle. */
export interface OpenField {
  readonly field: Field
  /** Columns that fit. One only: its unit is not known. */
  readonly columns: ReadonlyArray<string>
  readonly problem: string
}

export interface GuessedMapping {
  readonly mapping: TableMapping
  readonly guesses: ReadonlyArray<Guess>
  readonly open: ReadonlyArray<OpenField>
}

/** What each field is called when speaking about it. */
export const meanings: Readonly<Record<Field, string>> = {
  eta: "the learning rate",
  batch: "the batch size",
  tokens: "the horizon in tokens",
  loss: "the loss",
  size: "the number of parameters",
  width: "the width",
  seed: "the seed",
  steps: "the optimiser steps",
  warmupSteps: "the steps of warmup",
  initialLoss: "the loss at initialisation",
  average: "the average that was read",
  runId: "the run",
  status: "how the run ended",
}

interface Named extends ReadName {
  readonly name: string
}

const fits = (field: Field, usual: ReadonlyArray<string>, { plain, written }: Named): boolean =>
  written.length === 1 ? letters[written] === field : usual.includes(plain)

const listed = (columns: ReadonlyArray<string>): string => columns.map((name) => `"${name}"`).join(" and ")

const withFactor = ({ name, factor = 1 }: Named): string => (factor === 1 ? name : `${name} * ${factor}`)

const settle = (field: Field, found: ReadonlyArray<Named>): Guess | OpenField | undefined => {
  if (found.length === 0) return undefined
  const columns = found.map(({ name }) => name)
  if (found.length > 1)
    return {
      field,
      columns,
      problem: `${listed(columns)} both look like ${meanings[field]}; name the one that is meant`,
    }
  const [only] = found
  if (only.factor === undefined)
    return {
      field,
      columns,
      problem: `"${only.name}" looks like ${meanings[field]}, in a unit that is not known: "${only.unit}"`,
    }
  return {
    field,
    expression: withFactor(only),
    reason:
      only.written === "_step"
        ? "W&B's count of log calls; check that these are optimiser steps"
        : `a usual name of ${meanings[field]}${only.factor === 1 ? "" : `, in units of ${only.factor}`}`,
  }
}

/** The four names of our own rows, whose units are known. */
const ownNames = ["eta", "batch", "tokens", "loss"]

const guessBatch = (named: ReadonlyArray<Named>): Guess | OpenField | undefined => {
  const inTokens = named.filter(
    (n) =>
      fits("batch", batchNames.tokens, n) ||
      (fits("batch", batchNames.unsaid, n) && n.unit !== "" && n.factor !== undefined),
  )
  if (inTokens.length > 0) return settle("batch", inTokens)
  const unsaid = named.filter((n) => fits("batch", batchNames.unsaid, n))
  if (unsaid.length === 1 && ownNames.every((name) => named.some((n) => n.name === name)))
    return {
      field: "batch",
      expression: "batch",
      reason: "eta, batch, tokens and loss are the names of @ts/fit, which counts tokens",
    }
  if (unsaid.length !== 1) return settle("batch", unsaid)
  const [{ name, unit }] = unsaid
  const counts = unit === "" ? "counts sequences or tokens, which its name does not say" : `counts ${unit}`
  return { field: "batch", columns: [name], problem: `"${name}" ${counts}` }
}

/**
 * Proposes a mapping from the names of the columns alone. A field is left open where two columns fit, and for a batch whose name does not say
 * whether it counts sequences or tokens.
 */
export const guessMapping = (columns: Iterable<string>): GuessedMapping => {
  const named = [...columns].map((name): Named => ({ name, ...readName(name) }))
  const has = (name: string) => named.some((n) => n.name === name)
  const optuna = has("number") && has("state") && has("value")
  const guesses: Array<Guess> = []
  const open: Array<OpenField> = []
  for (const field of [...numberFields, ...textFields]) {
    const found =
      field === "batch"
        ? guessBatch(named)
        : optuna && field === "loss"
          ? ({ field, expression: "value", reason: "the value of an Optuna trial" } as const)
          : optuna && field === "runId"
            ? ({ field, expression: "number", reason: "the number of an Optuna trial" } as const)
            : settle(
                field,
                named.filter((n) => fits(field, usualNames[field], n)),
              )
    if (found === undefined) continue
    if ("expression" in found) guesses.push(found)
    else open.push(found)
  }
  return { mapping: Object.fromEntries(guesses.map(({ field, expression }) => [field, expression])), guesses, open }
}
