/**
 * Everything that must hold before a change lands: `npm test`. Prints each check as it goes and ends with
 * `N passed, N failed`, counting every unit test and every other check once.
 */
import { spawnSync } from "node:child_process"
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { webgpuInChromium } from "../plugins/webgpu/test/chromium.ts"
import { browserChecks } from "../tests/browser/check.ts"
import { packages, root } from "./packages.ts"
import { sizes } from "./sizes.ts"

const scratch = mkdtempSync(join(tmpdir(), "time-transfer-check-"))
let passed = 0
let failed = 0
const failures: Array<string> = []

const record = (name: string, ok: boolean, seconds?: number) => {
  if (ok) passed++
  else {
    failed++
    failures.push(name)
  }
  console.log(`${ok ? "ok  " : "FAIL"} ${name}${seconds === undefined ? "" : ` (${seconds.toFixed(1)} s)`}`)
}

/** Verdicts that are reached in this process: each with what is wrong, if anything is. */
const judge = (verdicts: ReadonlyArray<{ readonly name: string; readonly problem?: string }>) => {
  for (const { name, problem } of verdicts) {
    if (problem !== undefined) console.log(problem)
    record(name, problem === undefined)
  }
}

const run = (command: ReadonlyArray<string>, quiet: boolean, cwd = root) => {
  const start = performance.now()
  const result = spawnSync(command[0]!, command.slice(1), {
    cwd,
    stdio: quiet ? "pipe" : "inherit",
    encoding: "utf8",
    maxBuffer: 2 ** 28,
  })
  return {
    ok: result.status === 0,
    output: `${result.stdout ?? ""}${result.stderr ?? ""}`,
    seconds: (performance.now() - start) / 1000,
  }
}

/** A command whose exit code is the verdict; its output is shown when it fails. */
const check = (name: string, ...command: ReadonlyArray<string>) => {
  const { ok, output, seconds } = run(command, true)
  if (!ok) console.log(output)
  record(name, ok, seconds)
  return ok
}

interface VitestReport {
  readonly numPassedTests: number
  readonly numFailedTests: number
  readonly success: boolean
  readonly testResults: ReadonlyArray<{
    readonly name: string
    readonly status: string
    readonly message: string
    readonly assertionResults: ReadonlyArray<unknown>
  }>
}

const unitTests = () => {
  const report = join(scratch, "vitest.json")
  const { ok, seconds } = run(
    ["vitest", "run", "--reporter=default", "--reporter=json", `--outputFile.json=${report}`],
    false,
  )
  if (!existsSync(report)) return record("unit tests", false, seconds)
  const results = JSON.parse(readFileSync(report, "utf8")) as VitestReport
  passed += results.numPassedTests
  failed += results.numFailedTests
  if (results.numFailedTests > 0) failures.push(`${results.numFailedTests} unit tests`)
  // A file that could not be loaded holds no test that could fail: it fails itself.
  for (const file of results.testResults) {
    if (file.status === "failed" && file.assertionResults.length === 0)
      record(`${file.name}: ${file.message}`, false, 0)
  }
  if (!ok && failed === 0) record("unit tests: vitest itself failed", false, seconds)
  console.log(`${ok ? "ok  " : "FAIL"} ${results.numPassedTests} unit tests (${seconds.toFixed(1)} s)`)
}

/** Packages without I/O in a real browser. Who has none is told so; the gate has one. */
const inChromium = async () => {
  const { verdicts, skipped } = await browserChecks()
  judge(verdicts)
  if (skipped === undefined) return
  if (process.env["CI"]) judge([{ name: "packages without I/O in Chromium", problem: skipped }])
  else console.log(`skip packages without I/O in Chromium: ${skipped}`)
}

/** The conformance suite on a page. Who has no browser is told so; the gate has one. */
const webgpuOnPage = async () => {
  const missing = await webgpuInChromium(({ name, seconds, problem, skipped }) => {
    if (skipped !== undefined) return console.log(`skip ${name}: ${skipped}`)
    if (problem !== undefined) console.log(problem)
    record(name, problem === undefined, seconds)
  })
  if (missing === undefined) return
  if (process.env["CI"]) judge([{ name: "WebGPU in Chromium", problem: missing }])
  else console.log(`skip WebGPU in Chromium: ${missing}`)
}

/** The numbers of the fit by other means; see bench/README.md. Who has no SciPy is told so; the gate has one. */
const besideScipy = () => {
  const folder = join(root, "bench/fit-vs-scipy")
  check("tests of the comparison with SciPy", "node", "--conditions=@ts/source", "--test", ...testsIn(folder))
  const name = "numbers of the fit as SciPy finds them"
  const optional = process.env["CI"] ? [] : ["--optional"]
  const { ok, output, seconds } = run(["node", "--conditions=@ts/source", join(folder, "check.ts"), ...optional], true)
  if (ok && output.startsWith("skip")) return console.log(`skip ${name}: ${output.slice("skip: ".length).trim()}`)
  if (!ok) console.log(output)
  record(name, ok, seconds)
}

const bundleSizes = async () => {
  const { table, verdicts } = await sizes()
  console.log(table)
  judge(verdicts)
}

/** Whether the tests of one estimator would notice if it were wrong; see packages/fit/mutation/README.md. */
const mutants = () => {
  const { ok, output, seconds } = run(["node", "packages/fit/mutation/run.ts", "--sample"], true)
  console.log(output.trimEnd())
  record("mutants of one estimator", ok, seconds)
}

const loader = join(scratch, "load.cjs")
writeFileSync(loader, "require(process.argv[2]); import(process.argv[3])")

check("native addon", "turbo", "run", "native", "--output-logs=errors-only")
check("type check", "tsc", "--noEmit", "-p", "tsconfig.json")
check("lint and format", "biome", "check", ".")
check("changesets can be read", "changeset", "status")
if (check("build", "turbo", "run", "build", "--output-logs=errors-only")) {
  check("publint and attw for every package", "turbo", "run", "pack", "--output-logs=errors-only")
  for (const { name, folder } of packages) {
    // What a user installs: the built files, as ES modules and CommonJS, without the source condition.
    const file = join(root, folder, "dist/index")
    // Suites register tests when imported, which only a test runner can do.
    if (name === "@ts/backend-conformance" || name === "@ts/faults") continue
    check(`${name} loads as ESM and CommonJS`, "node", loader, `${file}.cjs`, `${file}.js`)
  }
  await inChromium()
  await bundleSizes()
}
unitTests()
await webgpuOnPage()
mutants()
const testsIn = (folder: string) =>
  readdirSync(folder).flatMap((file) => (file.endsWith(".test.ts") ? [join(folder, file)] : []))
/** Whether intervals hold the truth as often as they say, on simulated studies; see bench/README.md. */
const calibration = join(root, "bench/calibration")
check("tests of the calibration", "node", "--conditions=@ts/source", "--test", ...testsIn(calibration))
const sampled = ["--studies", "200", "--sampled", "--check"]
check("calibration, sampled", "node", "--conditions=@ts/source", join(calibration, "run.ts"), ...sampled)
besideScipy()
/** Whether adaptive studies spend as little as they should, on two of the studies of bench/thrift. */
const thrift = ["--seeds", "2", "--asked", "peak", "--only", "adaptive", "--python", "none", "--check"]
check(
  "adaptive studies beside the grid, sampled",
  "node",
  "--conditions=@ts/source",
  join(root, "bench/thrift/run.ts"),
  ...thrift,
)
const engine = ["--runs", "1000", "--cells", "2000"]
check("measurement of the engine", "node", "--conditions=@ts/source", join(root, "bench/engine/run.ts"), ...engine)
const cluster = ["--workers", "60", "--runs", "120", "--seconds", "6"]
check(
  "measurement of a cluster's driver",
  "node",
  "--conditions=@ts/source",
  join(root, "bench/slurm/run.ts"),
  ...cluster,
)
for (const example of readdirSync(join(root, "examples"))) {
  const { scripts } = JSON.parse(readFileSync(join(root, "examples", example, "package.json"), "utf8")) as {
    scripts?: Record<string, string>
  }
  if (scripts?.["check"] !== undefined)
    check(`example ${example}`, "pnpm", "--filter", `./examples/${example}`, "run", "check")
}

/** The first TypeScript example of a README, run as it stands, in the package it belongs to. */
const readmeExample = (folder: string) => {
  const example = /```ts\n([\s\S]*?)```/.exec(readFileSync(join(root, folder, "README.md"), "utf8"))?.[1]
  // What registers tests is for a test runner; see the suites' own tests.
  if (example === undefined || /^\s*(suite|deviceSuite|faultSuite)\(/m.test(example)) return
  const file = join(root, folder, "readme-example.tmp.ts")
  writeFileSync(file, example)
  // What an example writes, it writes into the scratch folder.
  const { ok, output, seconds } = run(["node", "--conditions=@ts/source", file], true, scratch)
  if (!ok) console.log(output)
  record(`example in ${folder}/README.md`, ok, seconds)
  rmSync(file)
}
for (const { folder } of packages) readmeExample(folder)

rmSync(scratch, { recursive: true })
if (failures.length > 0) console.log(`\nfailed:\n${failures.map((name) => `  ${name}`).join("\n")}`)
console.log(`\n${passed} passed, ${failed} failed`)
process.exitCode = failed > 0 ? 1 : 0
