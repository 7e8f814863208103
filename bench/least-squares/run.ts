/**
 * Truth: how the largest harmless batch of the solvable model grows with the samples, held against the theory.
 *
 *     node --conditions=@ts/source bench/least-squares/run.ts [--modes N] [--check] [--json]
 *
 * `--check` ends with 1 where an exponent of the averages from the first step is off by more than 0.03.
 */
import { parseArgs } from "node:util"
import { type Average, batchExponent, harmlessBatch, logSlope } from "../../plugins/least-squares/src/index.ts"

const { values } = parseArgs({
  options: { modes: { type: "string", default: "20000" }, check: { type: "boolean" }, json: { type: "boolean" } },
})
const modes = Number(values.modes)
const tolerance = 0.03
const samples = Array.from({ length: 11 }, (_, i) => 2 ** (20 + i))

interface Finding {
  readonly a: number
  readonly b: number
  readonly average: string
  /** Held against the target by `--check`. */
  readonly judged: boolean
  readonly theory: number
  readonly slope: number
  readonly batches: ReadonlyArray<number>
}

const averages: ReadonlyArray<readonly [string, Average]> = [
  ["from the first step", "uniform"],
  ["over the last half", { tail: 0.5 }],
]

const findings: Array<Finding> = []
for (const [a, b, judged] of [
  [1.5, 2.5, true],
  [1.5, 3, true],
  [2, 3, true],
  [1.5, 6, false],
] as const)
  for (const [name, average] of averages) {
    const problem = { a, b, modes, sigma: 1, signal: 1 }
    const batches = samples.map((D) => harmlessBatch(problem, average, D))
    findings.push({
      a,
      b,
      average: name,
      judged: judged && average === "uniform",
      theory: batchExponent(problem, average)!,
      slope: logSlope(samples, batches),
      batches,
    })
  }

if (values.json) console.log(JSON.stringify({ modes, samples, findings }))
else {
  console.log(
    `largest batch within 1.2 of the best excess risk, D = 2^20..2^30, ${modes} modes, sigma = 1, constant steps\n`,
  )
  console.log("| a, b | average | slope | theory | log2 B* at D = 2^20, 2^25, 2^30 |")
  console.log("| --- | --- | --- | --- | --- |")
  for (const { a, b, average, slope, theory, batches } of findings) {
    const shown = [0, 5, 10].map((i) => Math.log2(batches[i]!).toFixed(2)).join(", ")
    console.log(`| ${a}, ${b} | ${average} | ${slope.toFixed(4)} | ${theory.toFixed(4)} | ${shown} |`)
  }
}

if (values.check) {
  const missed = findings.filter(({ judged, slope, theory }) => judged && !(Math.abs(slope - theory) <= tolerance))
  for (const { a, b, slope, theory } of missed)
    console.error(`(${a}, ${b}): slope ${slope.toFixed(4)} is more than ${tolerance} from ${theory.toFixed(4)}`)
  if (missed.length > 0) process.exitCode = 1
}
