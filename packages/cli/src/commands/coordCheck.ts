import { type CoordinateVerdict, coordinateCheck } from "@ts/mup"
import { observeCoordinates } from "@ts/trainer"
import { Effect, Option } from "effect"
import { Command, Flag } from "effect/cli"
import { deviceFlag, devices } from "../devices.ts"
import { CliError, exitCodes, inputError, toCliError } from "../exit.ts"
import { data, json, talk, toJson } from "../output.ts"

const count = (name: string, description: string, value: number) =>
  Flag.Int(name).pipe(Flag.withDescription(description), Flag.withDefault(value))

const interval = (slope: CoordinateVerdict["layers"][number]["overall"]): string =>
  slope === undefined
    ? ""
    : `${slope.slope.toFixed(3).padStart(7)}  (${slope.interval[0].toFixed(3)} … ${slope.interval[1].toFixed(3)})`

const text = (kind: string, verdict: CoordinateVerdict): string =>
  [
    `${kind}: ${verdict.verdict}   slope of ln RMS(act_t - act_0) against ln width; |slope| < ${verdict.threshold} passes`,
    ...verdict.layers.map(
      (layer) => `  ${layer.layer.padEnd(22)} ${layer.verdict.padEnd(12)} ${interval(layer.overall)}`,
    ),
    // The steps one by one are in --json.
    ...verdict.reasons.filter((reason) => !/ at step \d/.test(reason)).map((reason) => `  ${reason}`),
  ].join("\n")

export const coordCheck = Command.make(
  "coord-check",
  {
    kind: Flag.Literals("kind", ["both", "mup", "standard"]).pipe(
      Flag.withDescription("Parametrisation to check; `both` shows muP beside the standard one"),
      Flag.withDefault("both"),
    ),
    widths: Flag.String("widths").pipe(
      Flag.withDescription("Widths, ascending, at least three"),
      Flag.withDefault("32,64,128,256,512"),
    ),
    baseWidth: count("base-width", "Width at which muP equals the standard parametrisation", 64),
    headSize: Flag.Int("head-size").pipe(
      Flag.withDescription("Held fixed across widths; 16 unless --heads is given"),
      Flag.optional,
    ),
    heads: Flag.Int("heads").pipe(Flag.withDescription("Number of heads, held fixed instead"), Flag.optional),
    learningRate: Flag.String("learning-rate").pipe(
      Flag.withDescription("Adam's constant rate at the base width; large on purpose"),
      Flag.withDefault("0.0078125"),
    ),
    layers: count("layers", "Blocks of the model", 2),
    steps: count("steps", "Optimiser steps", 5),
    seeds: count("seeds", "Number of seeds", 3),
    backend: deviceFlag,
    json,
  },
  Effect.fn("coord-check")(function* (flags) {
    const widths = flags.widths.split(",").map((width) => Number(width.trim()))
    const bad = widths.find((width) => !Number.isInteger(width) || width < 1)
    if (bad !== undefined)
      return yield* inputError(`--widths: ${flags.widths} is not a list of whole numbers such as 32,64,128`)
    const learningRate = Number(flags.learningRate)
    if (!(learningRate > 0)) return yield* inputError(`--learning-rate: ${flags.learningRate} is not a positive number`)
    const headSize = Option.getOrElse(flags.headSize, () => 16)
    const heads = Option.isSome(flags.heads) ? { number: flags.heads.value } : { headSize }
    const kinds = flags.kind === "both" ? (["mup", "standard"] as const) : [flags.kind]
    const on = yield* devices[flags.backend]
    const verdicts = yield* Effect.forEach(kinds, (kind) =>
      Effect.gen(function* () {
        yield* talk(
          `${kind}: widths ${widths.join(", ")}, ${flags.seeds} seeds, ${flags.steps} steps of Adam at ${learningRate} …`,
        )
        const { observations, conditions } = yield* observeCoordinates(on, {
          widths,
          model: {
            n_layers: flags.layers,
            max_seq_len: 16,
            vocab_size: 64,
            expansion_ratio: 4,
            no_bias: false,
            tie_word_embeddings: false,
            zero_readout: true,
            positions: "alibi",
            rope_theta: 10000,
            qk_ln: false,
            norm_eps: 1e-5,
            init_gain: 1,
          },
          heads,
          parametrisation: kind === "mup" ? { kind, baseWidth: flags.baseWidth } : { kind },
          optimizer: { kind: "adamw", betas: [0.9, 0.95], eps: 1e-8, weightDecay: 0, decay: "independent", clip: 1 },
          learningRate,
          steps: flags.steps,
          seeds: Array.from({ length: flags.seeds }, (_, i) => i + 1),
          sequences: 1,
        })
        return yield* Effect.try({
          try: () => ({ kind, ...coordinateCheck(observations, conditions) }),
          catch: toCliError,
        })
      }),
    )
    if (flags.json) yield* data(toJson(verdicts))
    else {
      for (const verdict of verdicts) yield* data(text(verdict.kind === "mup" ? "muP" : "standard", verdict))
      const fixed = "number" in heads ? `${heads.number} heads` : `head size ${headSize}`
      yield* data(`Adam at ${learningRate} (at width ${flags.baseWidth}) · held fixed across widths: ${fixed}`)
    }
    // The standard parametrisation is shown to fail; only what was asked for by name, or muP, decides.
    const decisive = verdicts.find(({ kind }) => kind === "mup") ?? verdicts[0]!
    if (decisive.verdict !== "pass") {
      return yield* new CliError({
        message: `the coordinate check of ${decisive.kind} says ${decisive.verdict}`,
        code: exitCodes.verdict,
      })
    }
  }, Effect.scoped),
).pipe(
  Command.withDescription("Whether activations move alike at every width: a verdict per layer with its interval"),
  Command.withExamples([
    {
      command: "time-transfer coord-check",
      description: "muP passes and the standard parametrisation fails, widths 32 to 512",
    },
    {
      command: "time-transfer coord-check --kind mup --heads 4 --json",
      description: "With the number of heads held fixed",
    },
  ]),
)
