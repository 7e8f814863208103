/**
 * Mutation tests of the estimators: `pnpm run mutation`, or `pnpm run mutation student window` for some, or with `--sample` for one of the quick ones,
 * chosen by the commit. Only what has changed since the last run is run again; reports are in `reports/mutation`.
 */
import { spawnSync } from "node:child_process"
import { mkdirSync } from "node:fs"
import { Stryker } from "@stryker-mutator/core"
import { estimators, slow, threshold } from "./estimators.ts"

process.chdir(new URL("../../..", import.meta.url).pathname)
const reports = "reports/mutation"

interface Score {
  readonly name: string
  readonly mutants: number
  readonly found: number
  readonly survivors: ReadonlyArray<string>
}

const test = async (name: string): Promise<Score> => {
  // Stryker's own `testFiles` runs no test at all for a mutant outside of functions and calls it a survivor (10.1.1).
  process.env["MUTATED"] = name
  const results = await new Stryker({
    configFile: "packages/fit/mutation/stryker.config.json",
    mutate: [`packages/fit/src/${name}.ts`],
    incrementalFile: `${reports}/${name}.incremental.json`,
    htmlReporter: { fileName: `${reports}/${name}.html` },
  }).runMutationTest()
  const counted = results.filter(({ status }) => status !== "Ignored")
  const missed = counted.filter(({ status }) => status !== "Killed" && status !== "Timeout")
  return {
    name,
    mutants: counted.length,
    found: counted.length - missed.length,
    survivors: missed.map(
      ({ location, mutatorName, replacement, status }) =>
        `${name}.ts:${location.start.line}:${location.start.column} ${mutatorName} -> ${replacement} (${status})`,
    ),
  }
}

/** One of the quick ones: the same for everybody at one commit, and another at the next. */
const due = (): string => {
  const quick = estimators.filter((name) => !slow.has(name))
  const { stdout } = spawnSync("git", ["rev-parse", "HEAD"], { encoding: "utf8" })
  return quick[Number.parseInt(stdout?.slice(0, 6) || "0", 16) % quick.length]!
}

const asked = process.argv.slice(2)
const names = asked.includes("--sample") ? [due()] : asked.length > 0 ? asked : estimators
mkdirSync(reports, { recursive: true })
const scores: Array<Score> = []
for (const name of names) scores.push(await test(name))

const low = scores.filter(({ mutants, found }) => 100 * found < threshold * mutants)
for (const { name, mutants, found, survivors } of scores) {
  console.log(`${name}.ts: ${found} of ${mutants} mutants found, ${((100 * found) / mutants).toFixed(1)} %`)
  for (const line of survivors) console.log(`  ${line}`)
}
if (low.length > 0)
  console.log(
    `Below ${threshold} %: ${low.map(({ name }) => name).join(", ")}. Assert in its test what the survivors change; what changes nothing goes into packages/fit/mutation/README.md.`,
  )
process.exitCode = low.length > 0 ? 1 : 0
