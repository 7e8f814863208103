/**
 * The conformance suite of the run-level contract. A backend's own test is one line:
 *
 *     suite("my-backend", MyBackend.layer)
 *
 * The capability manifest chooses the cases; a case that does not apply is skipped with its reason.
 *
 * Not promised by passing: speed, and equal last bits across different `numericsId`s.
 */
import { Backend, memoryCheckpoints, type RunSpecInput } from "@ts/backend"
import { Effect, Layer } from "effect"
import type { Case } from "./backendCase.ts"
import { fixtureStudy } from "./backendFixture.ts"
import { identityCases } from "./cases/identity.ts"
import { readingCases } from "./cases/readings.ts"
import { refusalCases } from "./cases/refusals.ts"
import { resumeCases } from "./cases/resume.ts"
import { type ConformanceTest, register } from "./conformanceTest.ts"

export interface SuiteOptions {
  /** Changes to the fixture's spec, where a backend needs them. */
  readonly spec?: Partial<RunSpecInput>
  /** Milliseconds for one case; 60,000 by default. */
  readonly timeout?: number
}

/** The cases as data. */
export const backendCases = (options: SuiteOptions = {}): ReadonlyArray<Case> => {
  const study = fixtureStudy(options.spec)
  return [...identityCases(study), ...readingCases(study), ...resumeCases(study), ...refusalCases(study)]
}

/** The cases put to a backend, to run without vitest; each has the layer to itself. */
export const backendTests = <E>(
  layer: Layer.Layer<Backend, E>,
  options: SuiteOptions = {},
): ReadonlyArray<ConformanceTest> =>
  backendCases(options).map(({ name, skip, run }) => ({
    name,
    run: () =>
      Effect.gen(function* () {
        const reason = skip?.((yield* Backend).capabilities)
        if (reason === undefined) yield* run
        return reason
      }).pipe(Effect.provide(Layer.fresh(Layer.merge(layer, memoryCheckpoints))), Effect.runPromise),
  }))

export const suite = <E>(name: string, layer: Layer.Layer<Backend, E>, options: SuiteOptions = {}): void =>
  register(`${name}: backend conformance`, backendTests(layer, options), options.timeout)
