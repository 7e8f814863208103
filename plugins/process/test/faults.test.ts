/** Some faults of the sweep engine, on a backend whose runs are processes. All of them: `packages/faults/test/backends.ts --only process`. */
import { faultCases, makeBench } from "@ts/faults"
import { describe, it } from "vitest"

const seed = Number(process.env["FAULT_SEED"] ?? Date.now() % 1_000_000)
const sample = faultCases({ kills: 1 }).filter(({ name }) => /commit of a journal event|once says nothing/.test(name))

describe(`workers as processes under faults (FAULT_SEED=${seed})`, () => {
  for (const { name, run } of sample)
    it(name, { timeout: 120_000 }, async () => {
      await run(await makeBench(new URL("./workers.ts", import.meta.url), { export: "surrogate", seed }))
    })
})
