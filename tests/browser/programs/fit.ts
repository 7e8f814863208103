import { bellEta, fitLaw, isEstimate, predict, type Row, serializeLaw, stepsToTarget } from "@ts/fit"
import { random, sequence } from "@ts/random"
import { known } from "../known.ts"

/** Losses drawn from a bell whose peak is at batch 2^8, rate 2^-8, at every horizon. */
const rows = (): ReadonlyArray<Row> => {
  const draws = sequence(random(11, "losses"))
  const of = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, i) => 2 ** (from + i))
  return of(16, 18).flatMap((tokens) =>
    of(6, 10).flatMap((batch) =>
      of(-11, -5).map((eta): Row => {
        const best = bellEta(batch, 2 ** 8, 2 ** -8)
        return {
          runId: `B${batch} eta${eta}`,
          seed: 1,
          tokens,
          batch,
          eta,
          width: 64,
          average: "none",
          loss: 1.5 + 30 * tokens ** -0.3 + 0.03 * Math.log(eta / best) ** 2 + 0.001 * draws.normal(),
          status: "finished",
          provenance: { synthetic: true },
        }
      }),
    ),
  )
}

export default () => {
  const law = fitLaw(rows(), { seed: 3, noise: 0.001 })
  const advice = predict(law, { tokens: 2 ** 20, batch: 2 ** 8 })
  const again = fitLaw(rows(), { seed: 3, noise: 0.001 })
  if (serializeLaw(again) !== serializeLaw(law)) throw new Error("the same rows and seed gave another law")
  if (!isEstimate(advice.eta)) throw new Error(advice.eta.message)
  known("ln of the rate at the peak", Math.log(advice.eta.value), Math.log(2 ** -8), 0.02)
  // S = a + b/B without noise has one solution.
  const steps = stepsToTarget([64, 256, 1024, 4096, 16384].map((batch) => ({ batch, steps: 1000 + 2e6 / batch })))
  if (steps._tag === "NotIdentified") throw new Error(steps.message)
  known("S_min", steps.minimumSteps.value, 1000, 1e-7)
  known("E_min / S_min", steps.balanceBatch.value, 2000, 1e-7)
  return { law: serializeLaw(law), advice, steps }
}
