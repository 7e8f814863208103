/**
 * `RunSpec`: what determines the weights as a function of tokens, and nothing else. What one wants to read off a
 * run (horizons, evaluations, averages, checkpoints) is an `Assignment`, so that more readings never change a
 * run's identity. Batch sizes and positions are in tokens.
 */
import { Effect, Schema } from "effect"
import { canonicalHash, canonicalJson, textHash } from "./canonical.ts"
import { DataSpec } from "./DataSpec.ts"

const Positive = Schema.Finite.check(Schema.isGreaterThan(0))
const NonNegative = Schema.Finite.check(Schema.isGreaterThanOrEqualTo(0))
const Fraction = NonNegative.check(Schema.isLessThan(1))
const Size = Schema.Int.check(Schema.isGreaterThan(0))
const Position = Schema.Int.check(Schema.isGreaterThanOrEqualTo(0))
const withDefault = <S extends Schema.Constraint>(schema: S, value: S["Encoded"]) =>
  Schema.withDecodingDefaultKey<S>(Effect.succeed(value))(schema)

/** The decoder, fields as in MPT's Hugging Face `config.json`. */
export const ModelShape = Schema.Struct({
  d_model: Size,
  n_layers: Size,
  n_heads: Size,
  /** Tokens in a sequence, S. */
  max_seq_len: Size,
  vocab_size: Size,
  expansion_ratio: withDefault(Positive, 4),
  no_bias: withDefault(Schema.Boolean, false),
  tie_word_embeddings: withDefault(Schema.Boolean, true),
  positions: withDefault(Schema.Literals(["alibi", "rope", "learned"]), "alibi"),
  rope_theta: withDefault(Positive, 10000),
  /** Layer norm of queries and keys over the model width (MPT's `attn_config.qk_ln`). */
  qk_ln: withDefault(Schema.Boolean, false),
  norm_eps: withDefault(Positive, 1e-5),
  /** Hidden weights start with standard deviation `init_gain / sqrt(fan_in)`, embeddings with `init_gain / sqrt(base width)`. */
  init_gain: withDefault(Positive, 1),
  /** Standard deviation of the embeddings at the start, in place of that (MPT's `init_config.emb_init_std`). */
  emb_init_std: Schema.optionalKey(Positive),
  /** Untied readout starts at zero. */
  zero_readout: withDefault(Schema.Boolean, false),
})
export type ModelShape = typeof ModelShape.Type

/** Parametrisation and base shape. `baseHeads` absent: the number of heads is held fixed, so the base head size is `baseWidth / n_heads`. */
export const ParametrisationSpec = Schema.Union([
  Schema.Struct({ kind: Schema.Literal("standard") }),
  Schema.Struct({ kind: Schema.Literal("mup"), baseWidth: Size, baseHeads: Schema.optionalKey(Size) }),
  Schema.Struct({
    kind: Schema.Literal("completep"),
    baseWidth: Size,
    baseHeads: Schema.optionalKey(Size),
    baseDepth: Size,
    /** Residual branches are scaled by (depth / base depth)^-alpha. */
    alpha: withDefault(Positive, 1),
  }),
])
export type ParametrisationSpec = typeof ParametrisationSpec.Type

/** `coupled-to-lr`: w *= 1 - eta_t lambda (torch). `independent`: w *= 1 - lambda eta_t / eta_peak (decoupled AdamW; its timescale is 1 / lambda steps). */
export const DecayCoupling = Schema.Literals(["coupled-to-lr", "independent"])

const decayAndClip = {
  weightDecay: withDefault(NonNegative, 0),
  decay: DecayCoupling,
  /** Global gradient-norm clip; null turns it off. */
  clip: withDefault(Schema.NullOr(Positive), 1),
}

export const OptimizerSpec = Schema.Union([
  Schema.Struct({
    kind: Schema.Literal("adamw"),
    betas: withDefault(Schema.Tuple([Fraction, Fraction]), [0.9, 0.95]),
    eps: withDefault(Positive, 1e-8),
    ...decayAndClip,
  }),
  Schema.Struct({ kind: Schema.Literal("sgd"), momentum: withDefault(Fraction, 0.9), ...decayAndClip }),
  Schema.Struct({ kind: Schema.Literal("signum"), momentum: withDefault(Fraction, 0.9), ...decayAndClip }),
])
export type OptimizerSpec = typeof OptimizerSpec.Type

const Ratio = Schema.Finite.check(Schema.isBetween({ minimum: 0, maximum: 1 }))

/** Learning-rate schedule as a function of tokens; ids as in the transformers library. Only those with a `horizon` tie a run to its length. */
export const LrSchedule = Schema.Union([
  Schema.Struct({ kind: Schema.Literal("constant") }),
  Schema.Struct({ kind: Schema.Literal("constant_with_warmup"), warmup: Position }),
  Schema.Struct({
    kind: Schema.Literal("warmup_stable_decay"),
    warmup: Position,
    decayStart: Position,
    horizon: Size,
    shape: withDefault(Schema.Literals(["linear", "cosine", "1-sqrt"]), "linear"),
    minRatio: withDefault(Ratio, 0),
  }),
  Schema.Struct({
    kind: Schema.Literal("cosine"),
    warmup: Position,
    horizon: Size,
    minRatio: withDefault(Ratio, 0),
  }),
  Schema.Struct({ kind: Schema.Literal("linear"), warmup: Position, horizon: Size }),
  /** min(1, (tokens / knee)^exponent) after warmup: a power law capped at the peak rate. */
  Schema.Struct({ kind: Schema.Literal("power"), warmup: Position, knee: Positive, exponent: Schema.Finite }),
])
export type LrSchedule = typeof LrSchedule.Type

/** Batch size in tokens as a function of the tokens consumed. */
export const BatchSchedule = Schema.Union([
  Schema.Struct({ kind: Schema.Literal("constant"), tokens: Size }),
  Schema.Struct({
    kind: Schema.Literal("steps"),
    pieces: Schema.NonEmptyArray(Schema.Struct({ from: Position, tokens: Size })),
  }),
  /** coefficient * consumed^exponent, kept within [min, max] and rounded to a multiple of `multiple`. */
  Schema.Struct({
    kind: Schema.Literal("power"),
    coefficient: Positive,
    exponent: Schema.Finite,
    min: Size,
    max: Size,
    multiple: Size,
  }),
])
export type BatchSchedule = typeof BatchSchedule.Type

/** 16 hexadecimal digits of the hash of the canonical JSON. */
export const RunId = Schema.String.check(Schema.isPattern(/^[0-9a-f]{16}$/))
export type RunId = typeof RunId.Type

export const RunSpec = Schema.Struct({
  version: withDefault(Schema.Literal(1), 1),
  model: ModelShape,
  parametrisation: ParametrisationSpec,
  optimizer: OptimizerSpec,
  /** Peak learning rate. */
  eta: Positive,
  schedule: LrSchedule,
  batch: BatchSchedule,
  data: DataSpec,
  /** Seed of the initial weights. */
  seed: Position,
  precision: withDefault(Schema.Literals(["f32", "bf16", "f16", "f64"]), "f32"),
  /** A branch: this run starts from another's weights and optimiser state at `at` tokens. */
  origin: Schema.optionalKey(Schema.Struct({ parent: RunId, at: Size })),
})
export type RunSpec = typeof RunSpec.Type
export type RunSpecInput = typeof RunSpec.Encoded

/** Equal meaning gives equal JSON: one-piece forms of a constant are written as the constant. */
const normalSchedule = (schedule: LrSchedule): LrSchedule =>
  schedule.kind === "constant_with_warmup" && schedule.warmup === 0 ? { kind: "constant" } : schedule
const normalBatch = (batch: BatchSchedule): BatchSchedule =>
  batch.kind === "steps" && batch.pieces.length === 1 ? { kind: "constant", tokens: batch.pieces[0].tokens } : batch

/** Identity of a run: equal for equal meaning, whatever the order of keys or the defaults left out. */
export const runId = (spec: RunSpec): RunId =>
  canonicalHash({ ...spec, schedule: normalSchedule(spec.schedule), batch: normalBatch(spec.batch) }).slice(0, 16)

/**
 * `runId` for many specs that share their parts (a grid): the canonical JSON of a part is written once per object, so
 * parts must not be changed in between.
 */
export const runIds = (): ((spec: RunSpec) => RunId) => {
  const written = new WeakMap<object, string>()
  const json = <T extends object>(part: T, normal?: (part: T) => unknown): string => {
    const known = written.get(part)
    if (known !== undefined) return known
    const text = canonicalJson(normal === undefined ? part : normal(part))
    written.set(part, text)
    return text
  }
  // Specs that follow each other mostly differ in the rate or the seed alone.
  let last: { readonly spec: RunSpec; readonly text: readonly [string, string, string] } | undefined
  const textOf = (spec: RunSpec): readonly [string, string, string] => {
    // A change of `RunSpec`'s fields has to be made here too; the test compares with `runId`.
    const { batch, data, model, optimizer, origin, parametrisation, precision, schedule, version } = spec
    const as = last?.spec
    const known =
      as?.batch === batch &&
      as.data === data &&
      as.model === model &&
      as.optimizer === optimizer &&
      as.origin === origin &&
      as.parametrisation === parametrisation &&
      as.precision === precision &&
      as.schedule === schedule &&
      as.version === version
    if (known && last !== undefined) return last.text
    const from = origin === undefined ? "" : `"origin":${canonicalJson(origin)},`
    const text = [
      `{"batch":${json(batch, normalBatch)},"data":${json(data)},"eta":`,
      `,"model":${json(model)},"optimizer":${json(optimizer)},${from}"parametrisation":${json(parametrisation)},` +
        `"precision":"${precision}","schedule":${json(schedule, normalSchedule)},"seed":`,
      `,"version":${version}}`,
    ] as const
    last = { spec, text }
    return text
  }
  return (spec) => {
    const [head, middle, tail] = textOf(spec)
    return textHash(`${head}${JSON.stringify(spec.eta)}${middle}${JSON.stringify(spec.seed)}${tail}`).slice(0, 16)
  }
}
