/** What a study is: a plain JSON document, and the wider form one writes in a program. */
import type {
  Assignment,
  BatchSchedule,
  DataSpec,
  LrSchedule,
  ModelShape,
  OptimizerSpec,
  ParametrisationSpec,
  RunSpec,
  RunSpecInput,
} from "@ts/backend"
import type { Adaptive } from "../adaptive/declared.ts"
import type { RunVariables } from "./enumerate.ts"
import type { Rule } from "./rules.ts"

/** The version of the study format this program writes. */
export const STUDY_VERSION = 1

type Primitive = string | number | boolean | null
type Fields<T> = T extends object ? { readonly [K in keyof T]: Varied<Exclude<T[K], undefined>> } : T
type Fixed<T> = [T] extends [Primitive] ? T : T extends ReadonlyArray<infer E> ? ReadonlyArray<Varied<E>> : Fields<T>

/** A value, a list of values to try, a rule, or (in a program) a function of the fields known by then. */
export type Varied<T> =
  | Fixed<T>
  | ([T] extends [ReadonlyArray<unknown>] ? never : ReadonlyArray<Fixed<T>>)
  | { readonly axis: ReadonlyArray<Fixed<T>> }
  | Rule
  | ((run: RunVariables) => T | ReadonlyArray<T>)

type Encoded<S extends { readonly Encoded: unknown }> = S["Encoded"]
type Horizonless<T> = T extends { readonly horizon: infer H } ? Omit<T, "horizon"> & { readonly horizon?: H } : T

/** `data` may be written short; see the README. */
export type DataInput =
  | Encoded<typeof DataSpec>
  | ({
      readonly tokenizer?:
        | "bytes"
        | "gpt2"
        | "gpt-neox"
        | { readonly bpe: number }
        | Encoded<typeof DataSpec>["tokenizer"]
      readonly validation?: { readonly tokens: number; readonly seed: number }
      readonly seed?: number
      readonly repeat?: boolean
      readonly text?: string
      readonly files?: ReadonlyArray<string>
      readonly after?: string
    } & (
      | { readonly hub: string; readonly revision?: string; readonly config?: string; readonly split?: string }
      | { readonly package: string; readonly version: string; readonly documents: "line" | "file" }
      | { readonly paths: ReadonlyArray<string>; readonly format: "text" | "lines" | "jsonl" | "parquet" }
      | { readonly synthetic: { readonly vocabulary: number; readonly order: number; readonly seed: number } }
    ))

type ModelInput = Omit<Encoded<typeof ModelShape>, "vocab_size"> & { readonly vocab_size?: number }
type ParametrisationInput = Encoded<typeof ParametrisationSpec>
type OptimizerInput = Encoded<typeof OptimizerSpec>
type ScheduleInput = Horizonless<Encoded<typeof LrSchedule>>
type PartialOf<T> = T extends unknown ? Partial<T> : never

export interface DecayInput {
  /** Of the horizon, above 0 and below 1. */
  readonly share: number
  readonly shape?: "linear" | "cosine" | "1-sqrt"
}

export interface BranchesInput {
  /** Where they leave the trunk, tokens: at the first step boundary at or after. */
  readonly at: ReadonlyArray<number>
  /** Their batches as multiples of the trunk's; or `batches`. The trunk itself is the branch with its own batch. */
  readonly factors?: ReadonlyArray<number>
  /** Their batches, tokens. */
  readonly batches?: ReadonlyArray<number>
  /** How long they train, tokens. */
  readonly for: number
  /** How their rate follows the batch: by its square root (the default, but for SGD), in proportion (SGD), not at all. */
  readonly eta?: "sqrt" | "linear" | "same"
  /** Readings of each, evenly spaced, the last at the end; 4 by default. */
  readonly readings?: number
}

/** A grid of runs. Every field may be a list, a rule or a function. Positions and batch sizes are in tokens. */
export interface Part {
  /** `vocab_size` may be left out where the tokenizer tells it. */
  readonly model?: Varied<ModelInput>
  readonly parametrisation?: Varied<ParametrisationInput>
  readonly optimizer?: Varied<OptimizerInput>
  /** Schedules that end (`cosine`, ...) take their `horizon` from the study's when it is left out. */
  readonly schedule?: Varied<ScheduleInput>
  /** Tokens, or a batch schedule. */
  readonly batch?: Varied<number | Encoded<typeof BatchSchedule>>
  /** T: where the validation loss is read, tokens. */
  readonly horizon?: Varied<number>
  /** Peak learning rate. */
  readonly eta?: Varied<number>
  readonly data?: Varied<DataInput>
  /** Seeds of the initial weights; [1] by default. */
  readonly seeds?: Varied<number>
  readonly precision?: Varied<"f32" | "bf16" | "f16" | "f64">
  /** Decays of the weight averages to read beside the raw weights. */
  readonly averages?: ReadonlyArray<Varied<number>>
  /**
   * Decayed readings: for every trunk of constant rate and every horizon T, a branch that decays to zero over the last
   * `share` of T, as a `warmup_stable_decay` run of T would. Linear where no shape is given.
   */
  readonly decays?: ReadonlyArray<Varied<DecayInput>>
  /** Branches with other batches, for the local critical batch. */
  readonly branches?: Varied<BranchesInput>
  /** Keep checkpoints here beside the latest one, tokens. */
  readonly checkpointAt?: ReadonlyArray<Varied<number>>
  readonly noiseScale?: Varied<{ readonly small: number; readonly big: number; readonly samples: number }>
  /** Report the training loss of one step in this many tokens; a sixteenth of the run by default. */
  readonly logEvery?: Varied<number>
}

/** What one part of a study changes or adds: objects field by field. */
export interface PartOverrides extends Omit<Part, "model" | "parametrisation" | "optimizer" | "schedule" | "data"> {
  readonly model?: Varied<PartialOf<ModelInput>>
  readonly parametrisation?: Varied<PartialOf<ParametrisationInput>>
  readonly optimizer?: Varied<PartialOf<OptimizerInput>>
  readonly schedule?: Varied<PartialOf<ScheduleInput>>
  readonly data?: Varied<PartialOf<DataInput>>
}

/** A run written out, with what to read of it: what functions become, and the way to state branches. */
export interface ExplicitRun {
  readonly spec: RunSpecInput
  readonly horizons: ReadonlyArray<number>
  /** Those of `horizons` that are there to be compared with branches only. */
  readonly probes?: ReadonlyArray<number>
  readonly averages?: ReadonlyArray<number>
  readonly checkpointAt?: ReadonlyArray<number>
  readonly noiseScale?: NonNullable<Assignment["noiseScale"]>
  readonly logEvery?: number
}

/** What `Study.make` takes. */
export interface StudyInput extends Part {
  readonly version?: 1
  readonly name?: string
  /** The study is the union of its parts, each laid over the fields above; `{}` is those fields as they are. */
  readonly parts?: ReadonlyArray<PartOverrides>
  readonly runs?: ReadonlyArray<ExplicitRun>
  /** Choose rates, seeds and horizons as the losses come in, `eta` being a first guess: for `Sweep.adapt`. */
  readonly adaptive?: Adaptive
}

/** A checked study: plain JSON, without functions. */
export interface Study extends StudyInput {
  readonly version: 1
  readonly name: string
}

/** One run of a study and what to read of it. */
export interface StudyRun {
  readonly runId: string
  readonly spec: RunSpec
  /** Where the loss is read, tokens, ascending. */
  readonly horizons: ReadonlyArray<number>
  /** Those of them that are read to compare branches with their trunk, and are no horizons of the study. */
  readonly probes?: ReadonlyArray<number>
  readonly averages: ReadonlyArray<number>
  readonly checkpointAt: ReadonlyArray<number>
  readonly noiseScale?: NonNullable<Assignment["noiseScale"]>
  readonly logEvery?: number
}

/** A study written out. */
export interface Expansion {
  readonly runs: ReadonlyArray<StudyRun>
  /** What was left out or rounded, for people. */
  readonly notes: ReadonlyArray<string>
}
