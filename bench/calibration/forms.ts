/**
 * Whether the comparison of forms tells the truth: studies drawn from each form of eta*(B), on grids that tell it from the others and on
 * grids that do not, and what the verdict of the law says.
 *
 *     node --conditions=@ts/source bench/calibration/forms.ts [--studies 1000] [--seed 1] [--json] [--check]
 *
 * Right: the true form is named. Undecided: several are left, the true one among them. Wrong: the true one is ruled out.
 * `--studies` is the number over all forms and grids, dealt evenly. With `--check` the exit code is 1 where 5 % or more of a form are wrong.
 */
import { parseArgs } from "node:util"
import { fitLaw, type Law } from "../../packages/fit/src/index.ts"
import { random, sequence } from "../../packages/random/src/index.ts"
import { whole } from "./arguments.ts"
import { drawStudy } from "./draw.ts"
import { type FormScenario, formNames, formScenarios } from "./form-scenarios.ts"
import { simulate } from "./simulate.ts"

type Outcome = "right" | "undecided" | "wrong"

/** Largest part of a form's studies that may be wrong. */
const mostWrong = 0.05

const outcomeOf = (law: Law, { form }: FormScenario): Outcome => {
  const { verdict } = law.forms
  if ("form" in verdict) return verdict.form === form ? "right" : "wrong"
  return verdict.undecided.includes(form) ? "undecided" : "wrong"
}

const { values: options } = parseArgs({
  options: {
    studies: { type: "string", default: "1000" },
    seed: { type: "string", default: "1" },
    json: { type: "boolean", default: false },
    check: { type: "boolean", default: false },
  },
})
const seed = whole("seed", options.seed, 0)
const each = Math.ceil(whole("studies", options.studies, 1) / formScenarios.length)

/** The verdict rests on the fits alone: no resamples are needed. */
const outcomesOf = (scenario: FormScenario): ReadonlyArray<Outcome> =>
  Array.from({ length: each }, (_, index) => {
    const draws = sequence(random(seed, `forms/${scenario.name}/${index}`))
    return outcomeOf(fitLaw(simulate(drawStudy(scenario.setup, draws), draws), { resamples: 0 }), scenario)
  })

const sharesOf = (outcomes: ReadonlyArray<Outcome>): Record<Outcome, number> => {
  const share = (outcome: Outcome) => outcomes.filter((o) => o === outcome).length / outcomes.length
  return { right: share("right"), undecided: share("undecided"), wrong: share("wrong") }
}

const print = (...columns: ReadonlyArray<string | number>) => {
  if (options.json) return
  const text = (c: string | number) => (typeof c === "number" ? (100 * c).toFixed(1) : c).padStart(13)
  console.log(`${String(columns[0]).padEnd(18)}${String(columns[1]).padEnd(24)}${columns.slice(2).map(text).join("")}`)
}

print("form", "grid", "right %", "undecided %", "wrong %")
const rows = formScenarios.map((scenario) => {
  const outcomes = outcomesOf(scenario)
  const shares = sharesOf(outcomes)
  print(scenario.form, scenario.grid, shares.right, shares.undecided, shares.wrong)
  return { form: scenario.form, grid: scenario.grid, outcomes, shares }
})
const byForm = formNames.map((form) => {
  const shares = sharesOf(rows.filter((row) => row.form === form).flatMap((row) => row.outcomes))
  print(form, "all", shares.right, shares.undecided, shares.wrong)
  return { form, shares }
})
const all = sharesOf(rows.flatMap((row) => row.outcomes))
print("all", `${each * rows.length} studies`, all.right, all.undecided, all.wrong)
const missed = byForm.filter(({ shares }) => shares.wrong >= mostWrong).map(({ form }) => form)
if (options.json) {
  const grids = rows.map(({ form, grid, shares }) => ({ form, grid, shares }))
  console.log(JSON.stringify({ studies: each * rows.length, seed, grids, forms: byForm, all, missed }, null, 2))
} else if (missed.length > 0) console.log(`Target missed, wrong below 5 %: ${missed.join(", ")}`)
if (options.check && missed.length > 0) process.exitCode = 1
