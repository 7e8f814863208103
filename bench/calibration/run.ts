/**
 * Whether `@ts/fit` tells the truth about its doubt: simulated studies, 90 % intervals, how many hold the truth.
 *
 *     node --conditions=@ts/source bench/calibration/run.ts [--studies 1000] [--scenario NAME] [--seed 1] [--json] [--check [--sampled]]
 *
 * `--studies` is the number over all scenarios, dealt evenly. With `--check` the exit code is 1 where a target is missed.
 */
import { parseArgs } from "node:util"
import { refuse, whole } from "./arguments.ts"
import { type Scenario, scenarios } from "./scenarios.ts"
import { type StudyScore, scoreStudy } from "./score.ts"
import { identifiability, pooled, summarise } from "./summary.ts"
import { identifiabilityText, scenarioText, shareText } from "./table.ts"
import { missedTargets } from "./targets.ts"

const { values: options } = parseArgs({
  options: {
    studies: { type: "string", default: "1000" },
    scenario: { type: "string" },
    seed: { type: "string", default: "1" },
    json: { type: "boolean", default: false },
    check: { type: "boolean", default: false },
    sampled: { type: "boolean", default: false },
  },
})

const chosen: ReadonlyArray<Scenario> = scenarios.filter(
  (s) => options.scenario === undefined || s.name === options.scenario,
)
if (chosen.length === 0)
  refuse(`--scenario is ${options.scenario}; it must be one of: ${scenarios.map((s) => s.name).join("; ")}`)
const seed = whole("seed", options.seed, 0)
const each = Math.ceil(whole("studies", options.studies, 2) / chosen.length)

const figures: Array<ReturnType<typeof summarise>> = []
const scores: Array<StudyScore> = []
for (const scenario of chosen) {
  const own = Array.from({ length: each }, (_, index) => scoreStudy(scenario, seed, index))
  scores.push(...own)
  const summary = summarise(scenario.name, own)
  figures.push(summary)
  if (!options.json) console.log(scenarioText(summary))
}

const groups = identifiability(scores)
const total = pooled(figures)
const missed = missedTargets(figures, total, groups, options.sampled)
const everything = summarise("all scenarios", scores)
if (options.json)
  console.log(
    JSON.stringify(
      { studies: scores.length, seed, scenarios: figures, everything, pooled: total, identifiability: groups, missed },
      null,
      2,
    ),
  )
else {
  console.log(scenarioText(everything))
  console.log(`Pooled over quantities and scenarios: ${shareText(total)} % covered, ${scores.length} studies`)
  console.log(identifiabilityText(groups))
  console.log(
    missed.length === 0 ? "All targets are met." : `Targets missed:\n${missed.map((m) => `  ${m}`).join("\n")}`,
  )
}
if (options.check && missed.length > 0) process.exitCode = 1
