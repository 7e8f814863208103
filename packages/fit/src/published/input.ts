import { InvalidOptionError, requirePositive } from "../validate.ts"

/** A run that was tuned, or a peak of eta*(B) that was measured. Lengths in tokens. */
export interface ReferenceRun {
  readonly eta?: number | undefined
  /** Tokens. */
  readonly batch?: number | undefined
  /** Token budget. */
  readonly tokens?: number | undefined
  /** Non-embedding parameters. */
  readonly size?: number | undefined
  /** d_model. */
  readonly width?: number | undefined
  /** lambda of w <- w (1 - eta_t lambda), as in torch's AdamW. */
  readonly weightDecay?: number | undefined
}

/** Numbers that a law needs and whose published value could not be confirmed, so that none is shipped. */
export interface Coefficients {
  /** c of tau_opt = c TPP^m (Bergsma et al. 2025). */
  readonly timescale?: number | undefined
  /** c of B_opt = c D^0.383 (Bergsma et al. 2025), for B in tokens. */
  readonly bestBatch?: number | undefined
  /** a of eta = a B T^-0.51 (Shen et al. 2024), for B in tokens. */
  readonly stableRate?: number | undefined
  /** beta of eta(n) = min(0.02, beta 4 n^-0.51) (Shen et al. 2024); 1 where no factor of the batch enters. */
  readonly scheduleBatchFactor?: number | undefined
  /** alpha_eta of eta_crit ~ T^alpha_eta (Filatov et al. 2024). May be zero or negative. */
  readonly peakEtaExponent?: number | undefined
}

/** What is known about the run to be set up. Each law takes what it needs. */
export interface PublishedInput {
  /** Token budget D or horizon T of the run. */
  readonly tokens?: number | undefined
  /** Non-embedding parameters N. */
  readonly size?: number | undefined
  /** d_model. */
  readonly width?: number | undefined
  /** Batch size of the run, tokens. */
  readonly batch?: number | undefined
  /** Peak (or constant) learning rate of the run. */
  readonly eta?: number | undefined
  /** tr(H Sigma) / (G' H G), or tr(Sigma) / |G|^2 in its place, tokens. */
  readonly noiseScale?: number | undefined
  /** Critical batch of local recovery, tokens. */
  readonly recoveryBatch?: number | undefined
  readonly reference?: ReferenceRun | undefined
  /** The peak of eta*(B): its location, height and the horizon it was measured at. */
  readonly peak?: Pick<ReferenceRun, "eta" | "batch" | "tokens"> | undefined
  readonly coefficients?: Coefficients | undefined
}

type Group = "reference" | "peak" | "coefficients"
type Member<G extends Group> = keyof NonNullable<PublishedInput[G]> & string

/** A field of the input, such as `tokens` or `reference.eta`. */
export type Need = Exclude<keyof PublishedInput, Group> | { [G in Group]: `${G}.${Member<G>}` }[Group]

/** An input that has all of these needs. */
export type Having<N extends Need> = PublishedInput & {
  readonly [K in Extract<N, keyof PublishedInput>]: number
} & {
  readonly [G in Group as Extract<N, `${G}.${string}`> extends never ? never : G]: {
    readonly [K in Member<G> as `${G}.${K}` extends N ? K : never]: number
  }
}

export const valueOf = (input: PublishedInput, need: Need): unknown => {
  const [head, member] = need.split(".")
  const value: unknown = input[head as keyof PublishedInput]
  return member === undefined ? value : (value as Readonly<Record<string, unknown>> | undefined)?.[member]
}

/** The one input that may be zero or negative. */
const signed = "coefficients.peakEtaExponent"

const requireSound = (name: string, value: unknown): void => {
  if (typeof value !== "number") throw new InvalidOptionError(name, value, "a number")
  if (name !== signed) requirePositive(name, value)
  else if (!Number.isFinite(value)) throw new InvalidOptionError(name, value, "a finite number")
}

/** @throws InvalidOptionError for any field given that is not a finite number above zero */
export const validateInput = (input: PublishedInput): void => {
  for (const [name, value] of Object.entries(input)) {
    if (value === undefined) continue
    if (name === "reference" || name === "peak" || name === "coefficients") {
      if (typeof value !== "object" || value === null) throw new InvalidOptionError(name, value, "an object")
      for (const [member, inner] of Object.entries(value as object))
        if (inner !== undefined) requireSound(`${name}.${member}`, inner)
    } else requireSound(name, value)
  }
}
