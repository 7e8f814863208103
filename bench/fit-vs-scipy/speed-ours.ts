/** Times `fitLaw` in a process of its own: `speed-ours.ts STUDY RESAMPLES WARM`, STUDY by its position. Prints JSON. */
import { fitLaw, type Law } from "../../packages/fit/src/index.ts"
import { errorOf, known } from "./known.ts"
import { studiesToTime } from "./studies.ts"

const [study, resamples, warm] = process.argv.slice(2).map(Number)
const { rows, options } = studiesToTime()[study]

/** Wall and processor time of one analysis, seconds. */
const time = () => {
  const cpu = process.cpuUsage()
  const start = performance.now()
  const law = fitLaw(rows, { ...options, resamples })
  const seconds = (performance.now() - start) / 1000
  const { user, system } = process.cpuUsage(cpu)
  return { law, seconds, cpu: (user + system) / 1e6 }
}

/** Standard errors from resamples, by the names of speed.py. */
const errorsOf = ({ bells, overheads, bestBatches, powerLaws }: Law): Readonly<Record<string, number>> =>
  Object.fromEntries([
    ["exponent of the peak", errorOf(known(powerLaws.peakBatch.exponent, "the exponent"))],
    ["exponent of the height", errorOf(known(powerLaws.peakEta.exponent, "the exponent"))],
    ...bells.flatMap(({ tokens, peakBatch, peakEta }) => [
      [`ln peak at ${tokens}`, errorOf(known(peakBatch, "the peak"))],
      [`ln height at ${tokens}`, errorOf(known(peakEta, "the height"))],
    ]),
    ...overheads.flatMap(({ tokens, batch }) =>
      batch._tag === "Estimate" ? [[`ln overhead batch at ${tokens}`, errorOf(batch)]] : [],
    ),
    ...bestBatches.map(({ tokens, loss }) => [`lowest loss at ${tokens}`, errorOf(known(loss, "the loss"))]),
  ])

const first = time()
const again = Array.from({ length: warm }, () => {
  const { seconds, cpu } = time()
  return { seconds, cpu }
})
const ends = first.law.bells.map(({ peakBatch }) => {
  const { interval } = known(peakBatch, "the peak")
  return [interval?.low, interval?.high]
})
console.log(JSON.stringify({ cold: first.seconds, warm: again, errors: errorsOf(first.law), ends }))
