/**
 * Whether SciPy finds the same numbers as `@ts/fit` in the same data, by other means: see ../README.md.
 *
 *     pnpm exec node --conditions=@ts/source bench/fit-vs-scipy/check.ts [--python FILE] [--optional]
 *
 * The exit code is 1 where a number differs by more than 1e-6 of itself, 2 where there is no SciPy; with `--optional` that is
 * said, and the exit code 0.
 */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { parseArgs } from "node:util"
import { type Answers, compare, comparisonText } from "./answers.ts"
import { ourAnswers } from "./ours.ts"
import { ask } from "./questions.ts"
import { missingScipy, pythonWithScipy, runScript } from "./scripts.ts"

/** Largest relative difference. */
const tolerance = 1e-6

const { values: options } = parseArgs({
  options: { python: { type: "string" }, optional: { type: "boolean", default: false } },
})
const python = pythonWithScipy(options.python)
if (python === undefined) {
  console.log(options.optional ? `skip: ${missingScipy}` : missingScipy)
  process.exit(options.optional ? 0 : 2)
}

const { studies, questions } = ask()
const folder = mkdtempSync(join(tmpdir(), "fit-vs-scipy-"))
const file = join(folder, "questions.json")
writeFileSync(file, JSON.stringify(questions))
const output = runScript("check.py", [python], file)
rmSync(folder, { recursive: true })
const { answers, scipy, numpy } = JSON.parse(output) as { answers: Answers; scipy: string; numpy: string }

const comparisons = compare(ourAnswers(studies, questions), answers)
console.log(comparisonText(comparisons))
const missed = comparisons.filter(({ difference }) => !(difference <= tolerance))
const total = comparisons.reduce((sum, { count }) => sum + count, 0)
console.log(`\n${total} numbers, SciPy ${scipy}, NumPy ${numpy}: each line shows where the two differ most.`)
console.log(
  missed.length === 0
    ? `All agree to ${tolerance}.`
    : `${missed.length} of ${comparisons.length} differ by more than ${tolerance}:\n${missed.map((m) => `  ${m.name}`).join("\n")}`,
)
if (missed.length > 0) process.exitCode = 1
