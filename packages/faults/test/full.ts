/**
 * Kills the driver of a 100-run study at every event of its journal, in all four moments, and at random instants.
 *
 *     node --conditions=@ts/source packages/faults/test/full.ts [--full] [--seed N] [--jobs 2]
 */
import { appendFileSync, readFileSync, rmSync } from "node:fs"
import { dirname, join } from "node:path"
import { parseArgs } from "node:util"
import { Effect } from "effect"
import { makeBench, readJournal, sweep, within } from "../src/bench.ts"
import { eventKey, moments } from "../src/journalMoments.ts"
import { killing, type Toll } from "../src/kills.ts"
import { inFolder } from "../src/verify.ts"
import { bundled } from "./bundled.ts"
import { hundredRuns } from "./hundredRuns.ts"

const { values } = parseArgs({
  options: {
    full: { type: "boolean", default: false },
    seed: { type: "string", default: String(Date.now() % 1_000_000) },
    jobs: { type: "string", default: "2" },
  },
})
const seed = Number(values.seed)
const jobs = Number(values.jobs)
const module = new URL("./chain.ts", import.meta.url)
const processes = await bundled(module)
const bench = await makeBench(module, { study: hundredRuns, seed, processes: async () => processes })

const began = performance.now()
const seconds = () => `${((performance.now() - began) / 1000).toFixed(0)} s`

/** A few at a time. */
const pool = async <A>(tasks: ReadonlyArray<() => Promise<A>>): Promise<ReadonlyArray<A>> => {
  const results: Array<A> = []
  const left = [...tasks]
  const worker = async () => {
    for (let task = left.shift(); task !== undefined; task = left.shift()) results.push(await task())
  }
  await Promise.all(Array.from({ length: jobs }, worker))
  return results
}

const sum = (tolls: ReadonlyArray<Toll>): Toll =>
  tolls.reduce((a, b) => ({
    kills: a.kills + b.kills,
    studies: a.studies + b.studies,
    acknowledged: a.acknowledged + b.acknowledged,
  }))

const report = (what: string, { kills, studies, acknowledged }: Toll) =>
  console.log(
    `${what}: ${kills} kills, ${studies} studies to their end, ${acknowledged} acknowledged events: 0 lost, 0 readings twice, 0 runs open (${seconds()})`,
  )

const keys = await inFolder(bench, async (folder) => {
  const journal = await Effect.runPromise(within(bench, folder, Effect.andThen(sweep(bench.study), readJournal)))
  return [...new Set(journal.map(({ event }) => eventKey(event)))]
})
// The store journals two events of itself, and tells nobody of them.
const silent = /^acknowledged: (SessionStarted|DataPrepared)/
const momentsOf = (key: string) => moments.map((moment) => `${moment}: ${key}`).filter((one) => !silent.test(one))
const everyMoment = keys.flatMap(momentsOf)
console.log(
  `seed ${seed}: ${bench.truth.length / 2} readings of 100 runs, ${bench.events} events, ${keys.length} of them different`,
)

/**
 * Every one of these moments of events: each is met once, by a driver that it kills. What happens no more once others were met (a checkpoint
 * that is there already, say) is met in a new study.
 */
const meet = async (wanted: ReadonlySet<string>): Promise<Toll> => {
  const left = new Set(wanted)
  const tolls: Array<Toll> = []
  while (left.size > 0) {
    const others = everyMoment.filter((moment) => !left.has(moment))
    const before = left.size
    tolls.push(
      await killing(bench, Number.POSITIVE_INFINITY, () => ({ kill: { at: "new event", moments } }), {
        prepare: (folder) => appendFileSync(join(folder, "hits.log"), others.map((key) => `${key}\n`).join("")),
        finished: (folder) => {
          for (const key of readFileSync(join(folder, "hits.log"), "utf8").split("\n")) left.delete(key)
        },
      }),
    )
    if (values.full) report(`  ${wanted.size - left.size} of ${wanted.size} moments`, sum(tolls))
    if (left.size === before) throw new Error(`${left.size} moments do not come: ${[...left].slice(0, 3).join("; ")}`)
  }
  return sum(tolls)
}

// A study meets each of its runs a time or two, then has it behind itself: the more runs it is about, the fewer studies.
const share = Math.ceil(keys.length / jobs)
const parts = Array.from({ length: jobs }, (_, i) => keys.slice(i * share, (i + 1) * share))
const chosen = values.full ? parts : [keys.slice(bench.draw("part", keys.length - 4)).slice(0, 4)]
const everywhere = await pool(chosen.map((part) => () => meet(new Set(part.flatMap(momentsOf)))))
const met = chosen.flat().length
report(
  `at ${met} of ${keys.length} events, ${moments.join(", ")} (one kill meets all events of its commit)`,
  sum(everywhere),
)

const fresh = values.full ? 60 : 4
const freshly = await pool(
  Array.from({ length: fresh }, (_, i) => () => {
    const moment = moments[i % moments.length]!
    return killing(bench, 1, (_, study) => ({
      kill: { at: "event", nth: 1 + bench.draw(`fresh ${i} ${study}`, bench.events), moment },
    }))
  }),
)
report("of fresh studies at a random event", sum(freshly))

const instants = values.full ? 1000 : 10
const each = Math.ceil(instants / (values.full ? 20 : 1))
const randomly = await pool(
  Array.from(
    { length: instants / each },
    (_, j) => () =>
      killing(bench, each, (i, study) => ({
        after: bench.draw(`instant ${j} ${i} ${study}`, 2 * bench.events) / 10,
        slow: 1,
      })),
  ),
)
report("at random instants", sum(randomly))
rmSync(dirname(processes.driver!), { recursive: true })
