import type { Capabilities, RunSpecInput } from "@ts/backend"
import { fixtureStudy } from "@ts/backend-conformance"
import { Study } from "@ts/sweep"

/** The conformance suite's runs as a study: two batches, two learning rates, two horizons, averages where there are any. */
export const smallStudy = (capabilities: Capabilities, overrides: Partial<RunSpecInput> = {}): Study => {
  const { spec } = fixtureStudy({
    precision: Object.keys(capabilities.numerics)[0] as NonNullable<RunSpecInput["precision"]>,
    ...overrides,
  })
  const { eta } = spec()
  return Study.make({
    name: "faults",
    runs: [64, 128].flatMap((tokens) =>
      [eta, 2 * eta].map((rate) => ({
        spec: spec({ batch: { kind: "constant", tokens }, eta: rate }),
        horizons: [512, 1024],
        logEvery: 512,
        ...(capabilities.averages ? { averages: [0.9] } : {}),
        ...(capabilities.checkpoints ? { checkpointAt: [256, 768] } : {}),
      })),
    ),
  })
}
