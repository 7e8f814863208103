import { Backend, memoryCheckpoints, type RunSpecInput } from "@ts/backend"
import { fixtureStudy, readings, suite, train } from "@ts/backend-conformance"
import { Effect } from "effect"
import { describe, expect, it } from "vitest"
import { defaultProblem, LeastSquaresBackend } from "./backend.ts"
import { descent } from "./moments.ts"

const sgd: RunSpecInput["optimizer"] = { kind: "sgd", momentum: 0, clip: null, decay: "independent" }

suite("least squares", LeastSquaresBackend.layerWith({ ...defaultProblem, modes: 500 }), { spec: { optimizer: sgd } })

describe("LeastSquaresBackend", () => {
  it("reports the exact loss of the run it was asked for", async () => {
    const problem = { ...defaultProblem, modes: 50 }
    const assignment = fixtureStudy({ optimizer: sgd }).assignment(
      { schedule: { kind: "constant" }, eta: 0.5 },
      { evaluateAt: [2048], averages: [0.9] },
    )
    const events = await Effect.runPromise(
      Effect.provide(train(assignment), [LeastSquaresBackend.layerWith(problem), memoryCheckpoints]),
    )
    const exact = descent(problem, { decay: 0.9 })
    exact.advance({ steps: 32, gamma: 0.5, batch: 64 })
    expect(readings(events, assignment)).toEqual([
      `2048 @2048 step 32 none: ${(1 + exact.risk()) / 2}`,
      `2048 @2048 step 32 ewa:0.9: ${(1 + exact.averagedRisk()) / 2}`,
    ])
  })

  it("refuses Adam, naming the optimiser it solves", async () => {
    const error = await Effect.runPromise(
      Backend.use((backend) => Effect.flip(backend.prepare([fixtureStudy().assignment()]))).pipe(
        Effect.provide(LeastSquaresBackend.layer),
      ),
    )
    expect(error).toMatchObject({ reason: "Unsupported", field: "optimizer" })
    expect(error.message).toMatch(/plain SGD only, not adamw/)
  })

  it("calls an unstable step a divergence", async () => {
    const assignment = fixtureStudy({ optimizer: sgd }).assignment({ eta: 50 })
    const events = await Effect.runPromise(
      Effect.provide(train(assignment), [LeastSquaresBackend.layer, memoryCheckpoints]),
    )
    expect(events.at(-1)).toMatchObject({ _tag: "Diverged" })
  })
})
