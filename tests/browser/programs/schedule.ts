import { factor, type LrSchedule, parseDuration, steps, weightDecayFor } from "@ts/schedule"
import { known } from "../known.ts"

export default () => {
  const horizon = parseDuration("2^18 tokens")
  const cosine: LrSchedule = { kind: "cosine", warmup: 2 ** 13, horizon, minRatio: 0.1 }
  const third = 2 ** 13 + (horizon - 2 ** 13) / 3
  known("half of the warmup", factor(cosine, 2 ** 12), 0.5, 0)
  // 0.1 + 0.9 (1 + cos(pi/3)) / 2
  known("a third of the cosine", factor(cosine, third), 0.775, 1e-15)
  known("the horizon", factor(cosine, horizon), 0.1, 1e-15)
  const schedules: ReadonlyArray<LrSchedule> = [
    cosine,
    { kind: "warmup_stable_decay", warmup: 2 ** 13, decayStart: 2 ** 17, horizon, shape: "1-sqrt", minRatio: 0 },
    { kind: "power", warmup: 2 ** 13, knee: 2 ** 15, exponent: -0.51 },
  ]
  const batches = { kind: "power", coefficient: 8, exponent: 0.5, min: 2 ** 8, max: 2 ** 14, multiple: 64 } as const
  const grown = [...steps(batches, horizon)]
  return {
    grown,
    factors: schedules.map((schedule) => grown.map(({ end }) => factor(schedule, end))),
    decay: weightDecayFor({ coupling: "independent", batch: 2 ** 15, tokens: horizon }, 0.2),
  }
}
