/** What a truthful fit must reach, in percent of 90 % intervals and of horizons. */
import type { Identifiability, ScenarioFigures, Share } from "./summary.ts"

const outside = (name: string, value: number, low: number, high: number): ReadonlyArray<string> =>
  100 * value >= low && 100 * value <= high
    ? []
    : [`${name}: ${(100 * value).toFixed(1)} %, wanted ${low} to ${high} %`]

/**
 * One sentence for each target that is missed. A sample is too small to judge scenarios one by one: only what is pooled counts there.
 */
export const missedTargets = (
  figures: ReadonlyArray<ScenarioFigures>,
  pooled: Share,
  groups: ReadonlyArray<Identifiability>,
  sampled: boolean,
): ReadonlyArray<string> => {
  const notIdentified = (name: Identifiability["group"], low: number, high: number) =>
    groups
      .filter((g) => g.group === name && g.horizons > 0)
      .flatMap((g) => outside(`B_crit not identified where its deviation is ${name}`, g.notIdentified, low, high))
  return [
    ...(sampled ? outside("pooled coverage", pooled.value, 83, 97) : outside("pooled coverage", pooled.value, 87, 93)),
    ...(sampled ? [] : figures.flatMap((f) => outside(`coverage of "${f.scenario}"`, f.coverage.value, 85, 95))),
    ...notIdentified("below 0.4", 0, 5),
    ...notIdentified("above 1.5", 95, 100),
  ]
}
