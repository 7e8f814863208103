import { InvalidOptionError } from "../validate.ts"
import { type Having, type Need, type PublishedInput, validateInput, valueOf } from "./input.ts"

export interface Citation {
  readonly authors: string
  readonly year: number
  readonly title: string
  /** Absent for practice that is published as code. */
  readonly arxiv?: string
  readonly url: string
}

/**
 * Where a number was read. `paper`: in the authors' paper. `code`: in the authors' repository or data. `summary`: in texts of others
 * about the paper, not in the paper itself.
 */
export type Evidence = "paper" | "code" | "summary"

export interface PublishedConstant {
  readonly value: number
  readonly evidence: Evidence
  /** The published uncertainty; absent where none was published. */
  readonly band?: { readonly low: number; readonly high: number; readonly meaning: string }
}

/** Learning rates are plain numbers, batches are in tokens. */
export interface PublishedValues {
  /** Peak (or constant) learning rate. */
  readonly eta?: number
  /** Learning rate of hidden matrices alone; all other tensors keep the reference's. */
  readonly hiddenEta?: number
  /** The batch the law recommends, tokens. */
  readonly batch?: number
  /** The batch beyond which more data are wasted, by the law's own definition, tokens. */
  readonly criticalBatch?: number
  /** lambda of w <- w (1 - eta_t lambda), as in torch's AdamW. */
  readonly weightDecay?: number
  /** AdamW timescale B / (eta lambda D): fraction of the run that the weights average over. */
  readonly timescale?: number
  /** What the published uncertainty alone leaves open; nothing of the law's own misfit. */
  readonly ranges?: {
    readonly [K in "eta" | "batch" | "criticalBatch" | "weightDecay" | "timescale"]?: readonly [number, number]
  }
}

/** A published law: what it says, under which conditions it was found, and how to ask it. */
export interface PublishedLaw<N extends Need = Need> {
  readonly id: string
  readonly title: string
  readonly citation: Citation
  /** Which quantity it gives, in one sentence. Laws of different definitions must not be compared as if they were one. */
  readonly definition: string
  /** The formula in plain text, as published. */
  readonly formula: string
  readonly conditions: Readonly<Record<string, string>>
  readonly constants: Readonly<Record<string, PublishedConstant>>
  /** What it was measured on; tokens and parameters. */
  readonly measured: { readonly [K in "tokens" | "size" | "batch"]?: readonly [number, number] }
  readonly notes: ReadonlyArray<string>
  readonly needs: ReadonlyArray<N>
  /** @throws InvalidOptionError for a need that is missing, or any field that is not a finite number above zero */
  readonly evaluate: (input: Having<N>) => PublishedValues
}

/** Needs of a law that an input lacks. */
export const missingNeeds = (law: Pick<PublishedLaw, "needs">, input: PublishedInput): ReadonlyArray<Need> =>
  law.needs.filter((need) => valueOf(input, need) === undefined)

/** A law whose `evaluate` refuses bad input before its formula sees it. */
export const defineLaw = <const N extends Need>(law: PublishedLaw<N>): PublishedLaw<N> => ({
  ...law,
  evaluate: (input) => {
    validateInput(input)
    const [first] = missingNeeds(law, input)
    if (first !== undefined) throw new InvalidOptionError(first, undefined, `given: "${law.id}" needs it`)
    return law.evaluate(input)
  },
})
