import { faultCases, makeBench } from "@ts/faults"
import { expect, it } from "vitest"
import { workers } from "./forking.ts"

/** What is particular to a backend with processes below the driver. */
it("a backend of processes, and its driver, are killed and come to the same end", { timeout: 120_000 }, async () => {
  const seed = Number(process.env["FAULT_SEED"] ?? Date.now() % 1_000_000)
  console.log(`FAULT_SEED=${seed}`)
  const bench = await makeBench(new URL("./forking.ts", import.meta.url), { seed })
  const cases = faultCases({ kills: 3, workers }).filter(({ name }) => /worker processes|random instants/.test(name))
  expect(cases).toHaveLength(2)
  for (const { skip, run } of cases) {
    expect(skip?.(bench)).toBeUndefined()
    await run(bench)
  }
})
