import { SurrogateBackend } from "@ts/backend-surrogate"
import { isEstimate } from "@ts/fit"
import { type AdaptEvent, type Adapted, Store, Study, StudyError, type StudyInput, Sweep } from "@ts/sweep"
import { Effect, Layer, Stream } from "effect"
import { describe, expect, it } from "vitest"

const law = { defaultPeak: 1 }
const base: StudyInput = {
  name: "adaptive",
  model: { d_model: 64, n_layers: 2, n_heads: 4, max_seq_len: 64, vocab_size: 256 },
  parametrisation: { kind: "mup", baseWidth: 64 },
  optimizer: { kind: "adamw", decay: "independent" },
  schedule: { kind: "constant" },
  data: { synthetic: { vocabulary: 256, order: 1, seed: 1 } },
  // The surrogate's bell peaks at 2^12 for T = 2^20 and moves as T.
  batch: [2 ** 11, 2 ** 12, 2 ** 13, 2 ** 14, 2 ** 15],
  horizon: [2 ** 20, 2 ** 21, 2 ** 22, 2 ** 23],
  eta: 2 ** -10,
  adaptive: { question: { exponent: "peak", within: 0.15 } },
}
const study = (over: Partial<StudyInput> = {}) => Study.make({ ...base, ...over })
const grid = 9 * 5 * (2 ** 20 + 2 ** 21 + 2 ** 22 + 2 ** 23)

const onSurrogate = <A, E>(effect: Effect.Effect<A, E, Layer.Success<typeof layers>>) =>
  Effect.runPromise(Effect.provide(effect, layers))
const layers = Layer.merge(SurrogateBackend.layer, Store.memory)

const events = (of: Study) => Effect.map(Stream.runCollect(Sweep.adapt(of)), (all): ReadonlyArray<AdaptEvent> => all)
const ending = (all: ReadonlyArray<AdaptEvent>): Adapted => {
  const found = all.find((event) => event._tag === "Adapted")
  if (found === undefined) throw new Error("the study did not end")
  return found
}
const series = Effect.map(Store.rows(), (rows) => rows.map((r) => `${r.runId} ${r.tokens} ${r.loss}`).sort())

describe("an adaptive study", () => {
  it("answers its question from a guess four octaves off, for less than the grid, and has nothing left to do then", () =>
    onSurrogate(
      Effect.gen(function* () {
        const { ended, models, spent, rounds } = ending(yield* events(study()))
        expect(ended).toBe("answered")
        expect(spent.tokens).toBeLessThan(0.35 * grid)
        expect(rounds).toBeGreaterThan(3)
        const { result, halfWidth } = models[0].answer!
        expect(halfWidth).toBeLessThanOrEqual(0.15)
        if (!isEstimate(result)) throw new Error(result.message)
        expect(Math.abs(result.value - law.defaultPeak)).toBeLessThan(0.2)
        const again = yield* events(study())
        expect(again.some(({ _tag }) => _tag === "Round")).toBe(false)
        expect(again.at(-1)).toMatchObject({ _tag: "Summary", tokens: 0 })
      }),
    ))

  it("ends with the same readings wherever it was stopped", async () => {
    const whole = await onSurrogate(Effect.andThen(events(study()), series))
    for (const stop of [1, 7, 40, 100]) {
      const pieces = await onSurrogate(
        Effect.gen(function* () {
          for (;;) {
            let n = 0
            const seen = yield* Sweep.adapt(study()).pipe(
              Stream.takeUntil(
                (event) => event._tag === "Adapted" || (event._tag === "Journalled" && ++n >= stop * 10),
              ),
              Stream.runCollect,
            )
            if (seen.some(({ _tag }) => _tag === "Adapted")) return yield* series
          }
        }),
      )
      expect(pieces).toEqual(whole)
    }
  })

  it("keeps its budget over all sessions, and says what would do where it buys no run", () =>
    onSurrogate(
      Effect.gen(function* () {
        const tokens = 2 ** 26
        const capped = study({ adaptive: { question: { exponent: "peak", within: 0.001 }, budget: { tokens } } })
        const { ended, spent } = ending(yield* events(capped))
        expect(ended).toBe("budget")
        expect(spent.tokens).toBeLessThanOrEqual(tokens)
        expect(spent.tokens).toBeGreaterThan(0.8 * tokens)
        expect(ending(yield* events(capped)).spent).toEqual(spent)
      }),
    ))

  it("starts a wider model from the optima of the narrower one", () =>
    onSurrogate(
      Effect.gen(function* () {
        const widths = study({
          model: { d_model: [64, 128], n_layers: 2, n_heads: 4, max_seq_len: 64, vocab_size: 256 },
        })
        const all = yield* events(widths)
        const { models, ended } = ending(all)
        expect(ended).toBe("answered")
        expect(models.map(({ width }) => width)).toEqual([64, 128])
        const rows = yield* Store.rows()
        const shortest = (width: number) =>
          new Set(
            rows
              .filter((r) => r.width === width && r.tokens === 2 ** 20 && r.seed === 1)
              .map((r) => `${r.batch} ${r.eta}`),
          ).size
        expect(shortest(128)).toBeLessThan(shortest(64))
      }),
    ))

  it("shows its next round without training it", () =>
    onSurrogate(
      Effect.gen(function* () {
        const { next, study: round } = yield* Sweep.next(study())
        const plan = yield* Sweep.plan(round!)
        expect(plan.cost.tokens).toBe(next.cost.tokens)
        expect(yield* Store.rows()).toEqual([])
      }),
    ))
})

describe("refuses", () => {
  const refused = (over: Partial<StudyInput>): Promise<StudyError> =>
    onSurrogate(
      Effect.suspend(() => events(study(over))).pipe(
        Effect.catchDefect((fault) => Effect.fail(fault as StudyError)),
        Effect.flip,
      ),
    ) as Promise<StudyError>
  it.each<[string, Partial<StudyInput>, RegExp]>([
    [
      "no such question",
      { adaptive: { question: { exponent: "mean" } } as never },
      /adaptive.question: must be \{ exponent/,
    ],
    ["no question", { adaptive: {} as never }, /adaptive.question: is missing/],
    ["an unknown field", { adaptive: { ...base.adaptive, tokens: 1 } as never }, /adaptive.tokens: unknown field/],
    [
      "a budget that is misspelt",
      { adaptive: { ...base.adaptive!, budget: { token: 2 ** 30 } } as never },
      /adaptive.budget: must be \{ tokens\?, flops\? \}/,
    ],
    ["a budget of nothing", { adaptive: { ...base.adaptive!, budget: { tokens: 0 } } }, /adaptive.budget: must be/],
    [
      "a budget smaller than a run",
      { adaptive: { ...base.adaptive!, budget: { tokens: 1000 } } },
      /1000 buy no run; the cheapest takes 1048576/,
    ],
    [
      "a ramp",
      {
        batch: {
          kind: "steps",
          pieces: [
            { from: 0, tokens: 2 ** 11 },
            { from: 2 ** 20, tokens: 2 ** 12 },
          ],
        },
      },
      /batch: an adaptive study compares constant batches/,
    ],
    [
      "two ways to train a cell",
      { optimizer: { kind: "adamw", weightDecay: [0, 0.1], decay: "independent" } },
      /two ways to train batch 2048 to 1048576 tokens/,
    ],
    ["rates by part", { parts: [{ eta: 0.1 }] }, /parts.0.eta: .*move it there/],
    ["functions", { eta: () => 0.1 }, /which functions cannot be; use rules/],
  ])("%s", async (_, over, message) => {
    const error = await refused(over)
    expect(error).toBeInstanceOf(StudyError)
    expect(error.message).toMatch(message)
  })
})
