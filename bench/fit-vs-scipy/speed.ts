/**
 * How fast `fitLaw` is beside a vectorised script of NumPy and SciPy that does the same analysis: see ../README.md.
 *
 *     pnpm exec node --conditions=@ts/source bench/fit-vs-scipy/speed.ts [--python FILE] [--rounds 5] [--resamples 2000]
 *
 * The sides run in alternation, each in a process of its own on one core. The exit code is 1 where their standard errors differ by more
 * than 10 %, or the ends of their intervals by more than 1e-4; never for a time.
 */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { parseArgs } from "node:util"
import { refuse, whole } from "../calibration/arguments.ts"
import { askToTime } from "./questions.ts"
import { missingScipy, pythonWithScipy, runScript } from "./scripts.ts"
import { type NamedStudy, studiesToTime } from "./studies.ts"

interface Results {
  readonly errors: Readonly<Record<string, number>>
  readonly ends: ReadonlyArray<readonly [number, number]>
}

interface Time {
  readonly seconds: number
  /** Of the processor. */
  readonly cpu: number
}

interface Ours extends Results {
  readonly cold: number
  readonly warm: ReadonlyArray<Time>
}

interface Theirs extends Results, Time {
  readonly parts: Readonly<Record<string, number>>
  readonly scipy: string
  readonly numpy: string
}

const { values: options } = parseArgs({
  options: {
    python: { type: "string" },
    rounds: { type: "string", default: "5" },
    resamples: { type: "string", default: "2000" },
  },
})
const python = pythonWithScipy(options.python) ?? refuse(missingScipy)
const rounds = whole("rounds", options.rounds, 1)
const resamples = whole("resamples", options.resamples, 100)
/** Calls after the first in one process. */
const warm = 7

const median = (values: ReadonlyArray<number>): number => {
  const sorted = [...values].sort((a, b) => a - b)
  return 0.5 * (sorted[(sorted.length - 1) >> 1] + sorted[sorted.length >> 1])
}

const text = (seconds: number): string => `${seconds.toFixed(3)} s`.padStart(9)

const line = (name: string, times: ReadonlyArray<Time>): string => {
  const walls = times.map(({ seconds }) => seconds)
  const cpu = times.map((time) => time.cpu)
  return `${name.padEnd(44)} best ${text(Math.min(...walls))}  median ${text(median(walls))}  processor, median ${text(median(cpu))}`
}

/** Largest relative difference. */
const differ = (ours: ReadonlyArray<number>, theirs: ReadonlyArray<number>): number =>
  ours.length === theirs.length
    ? ours.reduce((most, value, i) => Math.max(most, Math.abs(value / theirs[i] - 1)), 0)
    : Infinity

const agree = (ours: Results, theirs: Results, which: string): boolean => {
  const names = [...new Set([...Object.keys(ours.errors), ...Object.keys(theirs.errors)])]
  const errors = differ(
    names.map((name) => ours.errors[name] ?? NaN),
    names.map((name) => theirs.errors[name] ?? NaN),
  )
  const ends = differ(ours.ends.flat(), theirs.ends.flat())
  console.log(
    `${which}: ${names.length} standard errors differ by at most ${(100 * errors).toFixed(1)} %, ends of the peak by ${ends.toExponential(1)}`,
  )
  return errors <= 0.1 && ends <= 1e-4
}

const timed = (study: NamedStudy, index: number, folder: string): boolean => {
  const file = join(folder, `${index}.json`)
  writeFileSync(file, JSON.stringify(askToTime(study, resamples)))
  const ours: Array<Ours> = []
  const theirs: Array<Theirs> = []
  const byHand: Array<Theirs> = []
  const node = [process.execPath, "--conditions=@ts/source"]
  for (let round = 0; round < rounds; round++) {
    ours.push(JSON.parse(runScript("speed-ours.ts", node, `${index}`, `${resamples}`, `${warm}`)))
    theirs.push(JSON.parse(runScript("speed.py", [python], file)))
    byHand.push(JSON.parse(runScript("speed.py", [python], file, "--by-hand")))
  }
  const calls = ours.flatMap((o) => o.warm)
  const cold = ours.map((o) => o.cold)
  const [one] = theirs
  console.log(`\n${study.name}: ${study.rows.length} readings, ${resamples} resamples, ${rounds} rounds in alternation`)
  console.log(line(`@ts/fit, warm (${warm} calls a round)`, calls))
  console.log(
    `${"@ts/fit, first call of a process".padEnd(44)} best ${text(Math.min(...cold))}  median ${text(median(cold))}`,
  )
  console.log(line(`SciPy ${one.scipy}, NumPy ${one.numpy}: least_squares`, theirs))
  console.log(line("NumPy, Gauss-Newton by hand", byHand))
  const parts = (all: ReadonlyArray<Theirs>) =>
    Object.keys(all[0].parts)
      .map((name) => `${name} ${median(all.map((a) => a.parts[name])).toFixed(3)}`)
      .join(", ")
  console.log(`of which, median seconds: ${parts(theirs)}\n  by hand: ${parts(byHand)}`)
  const ratio = (all: ReadonlyArray<Time>, of: (times: ReadonlyArray<number>) => number) =>
    (["seconds", "cpu"] as const).map((k) => (of(all.map((a) => a[k])) / of(calls.map((a) => a[k]))).toFixed(2))
  const best = (times: ReadonlyArray<number>) => Math.min(...times)
  for (const [name, all] of [["least_squares", theirs], ["by hand", byHand]] as const) // biome-ignore format: short
    console.log(
      `ratio to ${name}: wall ${ratio(all, best)[0]} of the best, ${ratio(all, median)[0]} of the medians; processor ${ratio(all, best)[1]}, ${ratio(all, median)[1]}`,
    )
  return [agree(ours[0], one, "least_squares"), agree(ours[0], byHand[0], "by hand")].every((good) => good)
}

const folder = mkdtempSync(join(tmpdir(), "fit-vs-scipy-"))
const good = studiesToTime().map((study, index) => timed(study, index, folder))
rmSync(folder, { recursive: true })
if (!good.every((g) => g)) process.exitCode = 1
