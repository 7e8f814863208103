/** What cannot be done is refused before the first step, in a sentence that names the field. */
import { type Assignment, Backend, type BackendErrorReason, type RunSpecInput } from "@ts/backend"
import { Effect, Stream } from "effect"
import { expect } from "vitest"
import type { Case } from "../backendCase.ts"
import { type FixtureStudy, fixtureSpec } from "../backendFixture.ts"

const refused = (assignment: Assignment, reason: BackendErrorReason, field: string) =>
  Effect.gen(function* () {
    const backend = yield* Backend
    for (const attempt of [backend.prepare([assignment]), Stream.runCollect(backend.train([assignment]))]) {
      const error = yield* Effect.flip(attempt as Effect.Effect<unknown, unknown>)
      expect(error).toMatchObject({ _tag: "BackendError", reason, field, retryable: false })
      expect((error as Error).message.length).toBeGreaterThan(20)
    }
  })

export const refusalCases = (study: FixtureStudy): ReadonlyArray<Case> => {
  const bad = (name: string, field: string, change: Partial<RunSpecInput>, readings?: Partial<Assignment>): Case => ({
    name: `refuses ${name}`,
    run: refused(study.assignment(change, readings), "InvalidSpec", field),
  })
  return [
    bad("a batch smaller than a sequence", "batch.tokens", { batch: { kind: "constant", tokens: 8 } }),
    bad("a batch that is no whole number of sequences", "batch.tokens", { batch: { kind: "constant", tokens: 72 } }),
    bad("a width not divisible by its heads", "model.n_heads", { model: { ...fixtureSpec.model, n_heads: 5 } }),
    bad("readings past the end of the run", "evaluateAt", {}, { until: 1024 }),
    {
      name: "refuses a precision it does not offer",
      skip: (c) =>
        ["f32", "bf16", "f16", "f64"].every((p) => p in c.numerics) ? "it offers every precision" : undefined,
      run: Effect.gen(function* () {
        const { numerics } = (yield* Backend).capabilities
        const missing = (["bf16", "f16", "f64", "f32"] as const).find((precision) => !(precision in numerics))!
        yield* refused(study.assignment({ precision: missing }), "Unsupported", "precision")
      }),
    },
  ]
}
