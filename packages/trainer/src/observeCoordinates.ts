/**
 * The measuring half of a coordinate check (Tensor Programs V, arXiv 2203.03466): the same model at several widths takes a
 * few steps on one fixed batch, and its activations on that batch are compared with those before the first step. The
 * verdict is `coordinateCheck` of `@ts/mup`.
 *
 * The rules hold in the limit of large width; at widths 32 to 512 some settings are closer to it than others. One short
 * sequence, always the same (as in the mup package), and an untied readout that starts at zero keep chance overlaps, which
 * shrink as 1 / sqrt(width), out of the logits; many tokens or a tied readout let them in, and the logits then slope by
 * -0.2 to -0.3 under the right rules too.
 */
import type { BackendError, OptimizerSpec } from "@ts/backend"
import {
  type InitShape,
  initialise,
  laneScalars,
  type Mpt,
  type MptParametrisation,
  type MptShape,
  mpt,
  parametrise,
  training,
} from "@ts/model"
import type { CoordinateKind, CoordinateObservation, CoordinateOptions } from "@ts/mup"
import { type Device, type Executable, type Tokens, UnsupportedOperation } from "@ts/program"
import { random } from "@ts/random"
import { Effect } from "effect"
import { failure } from "./errors.ts"
import { stepScalars } from "./run.ts"

export interface CoordinateStudy {
  /** Ascending, at least three for a verdict; e.g. 32, 64, 128, 256, 512. */
  readonly widths: ReadonlyArray<number>
  /** Everything about the model but its width and heads. Small depth and sequences will do. */
  readonly model: Omit<MptShape, "d_model" | "n_heads"> & InitShape
  /** What all widths have in common: the head size (muP's usual case) or the number of heads. */
  readonly heads: { readonly headSize: number } | { readonly number: number }
  /** Heads of the base follow from `heads`. */
  readonly parametrisation:
    | { readonly kind: "standard" }
    | { readonly kind: "mup"; readonly baseWidth: number }
    | { readonly kind: "completep"; readonly baseWidth: number; readonly baseDepth: number; readonly alpha: number }
  readonly optimizer: OptimizerSpec
  /** Constant, at the base shape. */
  readonly learningRate: number
  /** Optimiser steps; 3 to 10 are usual. */
  readonly steps: number
  /** Seeds of the initial weights, one lane each. */
  readonly seeds: ReadonlyArray<number>
  /** Sequences in the batch; 1 is best, see above. */
  readonly sequences: number
}

export interface CoordinateReadings {
  readonly observations: ReadonlyArray<CoordinateObservation>
  /** The conditions that `coordinateCheck` states with its verdict. */
  readonly conditions: Pick<CoordinateOptions, "learningRate" | "heldFixed">
}

/** Text-like in one respect, that something can be learned: the next token is (5 t + 3) mod V three times out of four. */
const batchOf = (study: CoordinateStudy): Tokens => {
  const { max_seq_len: S, vocab_size: V } = study.model
  const draws = random(0, "coordinates")
  const tokens = new Int32Array(study.sequences * (S + 1))
  for (let i = 0; i < tokens.length; i++) {
    const follows = i % (S + 1) > 0 && draws.uniform(i) < 0.75
    tokens[i] = follows ? (5 * tokens[i - 1]! + 3) % V : draws.below(i, V)
  }
  return tokens
}

const headsOf = ({ heads }: CoordinateStudy, width: number): number =>
  "number" in heads ? heads.number : width / heads.headSize

const layersOf = ({ activations }: Mpt): ReadonlyArray<readonly [string, CoordinateKind]> => [
  [activations.embedding, "activation"],
  ...activations.blocks.flatMap(({ attention, hidden, output }) =>
    [attention, hidden, output].map((name) => [name, "activation"] as const),
  ),
  [activations.logits, "logits"],
]

const rms = (values: ArrayLike<number>, from?: ArrayLike<number>): number => {
  let sum = 0
  for (let i = 0; i < values.length; i++) sum += (values[i]! - (from?.[i] ?? 0)) ** 2
  return Math.sqrt(sum / values.length)
}

/** Activations of every lane on the fixed batch, by lane and layer. */
const look = async (executable: Executable, model: Mpt, { sequences, seeds }: CoordinateStudy, tokens: Tokens) => {
  await executable.run([{ program: "evaluate", sequences, tokens: seeds.map(() => tokens) }])
  return Promise.all(
    seeds.map(
      async (_, lane) =>
        new Map(
          await Promise.all(
            layersOf(model).map(async ([name]) => [name, (await executable.read(lane, name)).slice()] as const),
          ),
        ),
    ),
  )
}

const parametrisationAt = (study: CoordinateStudy): MptParametrisation =>
  study.parametrisation.kind === "standard"
    ? study.parametrisation
    : { ...study.parametrisation, baseHeads: headsOf(study, study.parametrisation.baseWidth) }

/** One width, all seeds: readings at steps 0, 1, ..., `steps`. */
const observeWidth = (device: Device, study: CoordinateStudy, width: number) =>
  Effect.gen(function* () {
    const { seeds, sequences, optimizer } = study
    const shape = { ...study.model, d_model: width, n_heads: headsOf(study, width) }
    const attempt = <A>(promise: () => Promise<A>) =>
      Effect.tryPromise({
        try: promise,
        catch: (cause) =>
          failure(
            { backend: device.info.kind },
            cause instanceof UnsupportedOperation ? "Unsupported" : "Device",
            `coordinate check at width ${width}: ${(cause as Error).message}`,
            { cause },
          ),
      })
    const { model, plan } = yield* Effect.try({
      try: () => ({ model: mpt(shape), plan: parametrise(shape, parametrisationAt(study)) }),
      catch: (cause) =>
        failure({ backend: device.info.kind }, "InvalidSpec", `width ${width}: ${(cause as Error).message}`, { cause }),
    })
    const program = training(model, optimizer.kind)
    const layers = layersOf(model)
    const executable = yield* Effect.acquireRelease(
      attempt(() =>
        device.compile(program, { lanes: seeds.length, microBatch: sequences, keep: layers.map(([name]) => name) }),
      ),
      (compiled) => Effect.promise(() => compiled.dispose()),
    )
    yield* attempt(async () => {
      for (const [lane, seed] of seeds.entries()) {
        executable.scalars(lane, laneScalars(plan, optimizer))
        for (const [name, values] of initialise(model, plan, seed)) await executable.write(lane, name, values)
      }
    })
    const tokens = batchOf(study)
    const before = yield* attempt(() => look(executable, model, study, tokens))
    const observations: Array<CoordinateObservation> = []
    const record = (step: number, now: typeof before) => {
      for (const [lane, seed] of seeds.entries()) {
        for (const [layer, kind] of layers) {
          const values = now[lane]!.get(layer)!
          const moved = rms(values, step === 0 ? undefined : before[lane]!.get(layer))
          observations.push({ width, seed, step, layer, kind, rms: moved })
        }
      }
    }
    record(0, before)
    const batch = sequences * shape.max_seq_len
    // A constant schedule: the position does not matter.
    const run = { optimizer, eta: study.learningRate, schedule: { kind: "constant" } as const }
    for (let step = 1; step <= study.steps; step++) {
      const scalars = stepScalars(program.stepScalars, run, step, batch, step * batch)
      yield* attempt(() =>
        executable.run([
          { program: "grad", sequences, tokens: seeds.map(() => tokens) },
          { program: "update", scalars: seeds.map(() => scalars) },
        ]),
      )
      record(step, yield* attempt(() => look(executable, model, study, tokens)))
    }
    return observations
  }).pipe(Effect.scoped)

/** Widths go one after the other, so memory is that of the widest. Synthetic tokens: no data is needed. */
export const observeCoordinates = (
  device: Device,
  study: CoordinateStudy,
): Effect.Effect<CoordinateReadings, BackendError> =>
  Effect.map(
    Effect.forEach(study.widths, (width) => observeWidth(device, study, width)),
    (byWidth) => ({
      observations: byWidth.flat(),
      conditions: {
        learningRate: study.learningRate,
        heldFixed: "number" in study.heads ? "number-of-heads" : "head-size",
      },
    }),
  )
