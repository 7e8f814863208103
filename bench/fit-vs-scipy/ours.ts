/** The answers of `@ts/fit`, under the names that check.py gives its own. */
import {
  bell,
  bestBatches,
  isEstimate,
  overheadBatch,
  type StepsPoint,
  stepsToTarget,
} from "../../packages/fit/src/index.ts"
import type { Answers } from "./answers.ts"
import { endsOf, errorOf, known, valueOf } from "./known.ts"
import { studyAnswers } from "./ours-study.ts"
import { type AskedStudy, adamwLaw, lossOptimalCurves, type Questions } from "./questions.ts"

export const ourAnswers = (studies: ReadonlyArray<AskedStudy>, questions: Questions): Answers => ({
  ...Object.fromEntries(
    studies.flatMap(({ law, question }) =>
      Object.entries(studyAnswers(law)).map(([name, answer]) => [`${question.name}: ${name}`, answer]),
    ),
  ),
  ...bellAnswers(questions),
  ...lossOptimalAnswers(),
  ...Object.fromEntries(
    Object.entries(questions.stepsToTarget).flatMap(([model, points]) => Object.entries(stepsAnswers(model, points))),
  ),
  ...adamwAnswers(),
})

const bellAnswers = ({ bell: { points, level } }: Questions): Answers => {
  const { peakBatch, peakEta } = bell(points, { level })
  const [peak, height] = [known(peakBatch, "the peak"), known(peakEta, "the height of the peak")]
  return {
    "bell at one horizon: peak, height": { values: [peak, height].map(valueOf) },
    "bell at one horizon: standard errors of ln peak, ln height": { values: [peak, height].map(errorOf) },
    "bell at one horizon: ends of the peak": { values: endsOf(peak) },
    "bell at one horizon: ends of the height": { values: endsOf(height) },
  }
}

const lossOptimalAnswers = (): Answers => ({
  "loss-optimal batch and its loss": {
    values: lossOptimalCurves()
      .flatMap((curves) => bestBatches(curves))
      .flatMap(({ batch, loss }) => [known(batch, "a loss-optimal batch"), known(loss, "its loss")])
      .map(valueOf),
  },
})

const stepsAnswers = (model: string, points: ReadonlyArray<StepsPoint>): Answers => {
  const fit = stepsToTarget(points)
  if (fit._tag === "NotIdentified") throw new Error(`${model}: ${fit.message}`)
  const { minimumSteps: a, minimumData: b, balanceBatch } = fit
  const batch = known(overheadBatch(fit, { reference: 256 }), "the overhead batch")
  return {
    [`steps to target, ${model}: a, b`]: { values: [a, b].map(valueOf) },
    [`steps to target, ${model}: 20 %-overhead batch, sequences`]: { values: [batch.value] },
    [`steps to target, ${model}: standard errors of ln a, ln b, ln b/a`]: { values: [a, b, balanceBatch].map(errorOf) },
  }
}

const adamwAnswers = (): Answers => {
  const cells = adamwLaw().cells.filter(({ eta }) => isEstimate(eta))
  return {
    "AdamW sweep of 130M parameters: eta*": { values: cells.map(({ eta }) => known(eta, "eta*").value) },
    "AdamW sweep of 130M parameters: loss at eta*": { values: cells.map(({ loss }) => known(loss, "the loss").value) },
  }
}
