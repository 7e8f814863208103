/**
 * Kills the driver of a 100-run study at every event of its journal, in all four moments, and at random instants.
 *
 *     node --conditions=@ts/source packages/faults/test/full.ts [--full] [--seed N] [--jobs 2]
 */
import { appendFileSync, rmSync } from "node:fs"
import { dirname, join } from "node:path"
import { parseArgs } from "node:util"
import { Effect } from "effect"
import { makeBench, sweep, within } from "../src/bench.ts"
import { eventKey, moments } from "../src/journalMoments.ts"
import { killing, type Toll } from "../src/kills.ts"
import { inFolder, readJournal } from "../src/verify.ts"
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

/** Events whose boundaries one study is killed at; all the others of that study it lives through. */
const PART = 64
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
console.log(
  `seed ${seed}: ${bench.truth.length} rows of 100 runs, ${bench.events} events, ${keys.length} of them different`,
)

// Every event, in parts: a study killed a thousand times over would be mostly sessions.
const parts = Array.from({ length: Math.ceil(keys.length / PART) }, (_, i) => keys.slice(i * PART, (i + 1) * PART))
const chosen = values.full ? parts : [parts[bench.draw("part", parts.length)]!.slice(0, 4)]
const everywhere = await pool(
  chosen.map((part) => async () => {
    const mine = new Set(part)
    const others = keys.filter((key) => !mine.has(key))
    const lines = others.flatMap((key) => moments.map((moment) => `${moment}: ${key}\n`)).join("")
    const prepare = (folder: string) => appendFileSync(join(folder, "hits.log"), lines)
    const toll = await killing(bench, Number.POSITIVE_INFINITY, () => ({ kill: { at: "new event", moments } }), {
      prepare,
    })
    if (values.full) report(`  events ${keys.indexOf(part[0]!)} to ${keys.indexOf(part.at(-1)!)}`, toll)
    return toll
  }),
)
report(`at ${values.full ? "every event" : "a sample of events"}, ${moments.join(", ")}`, sum(everywhere))

const fresh = values.full ? 60 : 4
const freshly = await pool(
  Array.from({ length: fresh }, (_, i) => async () => {
    const nth = 1 + bench.draw(`fresh ${i}`, bench.events)
    const moment = moments[i % moments.length]!
    let first = true
    return killing(bench, 1, () => {
      const kill = first ? ({ at: "event", nth, moment } as const) : undefined
      first = false
      return kill === undefined ? {} : { kill }
    })
  }),
)
report("of fresh studies at a random event", sum(freshly))

const instants = values.full ? 1000 : 10
const each = Math.ceil(instants / (values.full ? 20 : 1))
const randomly = await pool(
  Array.from(
    { length: instants / each },
    (_, j) => () =>
      killing(bench, each, (i) => ({ after: bench.draw(`instant ${j} ${i}`, 2 * bench.events) / 10, slow: 1 })),
  ),
)
report("at random instants", sum(randomly))
rmSync(dirname(processes.driver!), { recursive: true })
