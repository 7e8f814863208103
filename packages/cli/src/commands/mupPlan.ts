import { parameterGroups, planFromDocument, toJson as planToJson } from "@ts/mup"
import { Effect, Option } from "effect"
import { Argument, Command, Flag } from "effect/cli"
import { inputError, toCliError } from "../exit.ts"
import { readText } from "../files.ts"
import { data, json, toJson } from "../output.ts"

const size = (name: string, description: string) =>
  Flag.Int(name).pipe(Flag.withDescription(description), Flag.optional)

export const mupPlan = Command.make(
  "mup-plan",
  {
    shapes: Argument.String("shapes.json").pipe(
      Argument.withDescription("Named tensors with shapes and roles (format: README of @ts/mup)"),
    ),
    baseWidth: size("base-width", "Width at which the learning rate was tuned; wins over the document's"),
    baseDepth: size("base-depth", "Depth at which it was tuned (CompleteP)"),
    kind: Flag.Literals("kind", ["standard", "mup", "completep"]).pipe(
      Flag.withDescription("Parametrisation; wins over the document's"),
      Flag.optional,
    ),
    optimizer: Flag.Literals("optimizer", ["adamw", "sgd", "signum"]).pipe(
      Flag.withDescription("Whose groups the text shows"),
      Flag.withDefault("adamw"),
    ),
    decay: Flag.Literals("decay", ["coupled-to-lr", "independent"]).pipe(
      Flag.withDescription("How weight decay is coupled to the learning rate"),
      Flag.withDefault("coupled-to-lr"),
    ),
    json,
  },
  Effect.fn("mup-plan")(function* (flags) {
    const text = yield* readText(flags.shapes)
    const result = yield* Effect.try({
      try: () => {
        let document: unknown
        try {
          document = JSON.parse(text)
        } catch (error) {
          throw inputError(`${flags.shapes} is not JSON: ${(error as Error).message}`)
        }
        const plan = planFromDocument(document, {
          shape: {
            ...(Option.isSome(flags.baseWidth) ? { baseWidth: flags.baseWidth.value } : {}),
            ...(Option.isSome(flags.baseDepth) ? { baseDepth: flags.baseDepth.value } : {}),
          },
          ...(Option.isSome(flags.kind) ? { parametrisation: { kind: flags.kind.value } } : {}),
        })
        return { plan, groups: parameterGroups(plan, flags.optimizer, flags.decay) }
      },
      catch: toCliError,
    })
    if (flags.json) return yield* data(toJson(planToJson(result.plan)))
    for (const group of result.groups) {
      const multipliers = Object.entries(group).filter(([key]) => key !== "params")
      yield* data(`${multipliers.map(([key, value]) => `${key} ${value}`).join("  ")}\n  ${group.params.join("\n  ")}`)
    }
  }),
).pipe(
  Command.withDescription("Per-tensor init, multipliers and optimiser groups of a model described in JSON"),
  Command.withExamples([
    {
      command: "time-transfer mup-plan model-shapes.json --base-width 256 --json > plan.json",
      description: "For PyTorch",
    },
    {
      command: "time-transfer mup-plan model-shapes.json --kind completep --base-depth 12",
      description: "Depth-aware",
    },
  ]),
)
