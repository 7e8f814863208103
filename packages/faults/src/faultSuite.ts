/**
 * The faults that a sweep on any backend has to come through. A backend's own test is one line:
 *
 *     faultSuite("my backend", new URL("./my-backend.ts", import.meta.url))
 *
 * The module exports the layer of the backend as `layer`: the processes that are killed load it themselves.
 */
import { describe, it } from "vitest"
import { type Bench, type BenchOptions, makeBench } from "./bench.ts"
import type { CaseOptions } from "./faultCase.ts"
import { faultCases } from "./faultCases.ts"

export interface FaultSuiteOptions extends BenchOptions, CaseOptions {
  /** Milliseconds for one case; 120 000 unless given. */
  readonly timeout?: number
}

export const faultSuite = (name: string, module: URL | string, options: FaultSuiteOptions = {}): void => {
  const seed = options.seed ?? Number(process.env["FAULT_SEED"] ?? Date.now() % 1_000_000)
  describe(`${name} under faults (FAULT_SEED=${seed})`, () => {
    let made: Promise<Bench> | undefined
    for (const { name, skip, run } of faultCases(options)) {
      it(name, { timeout: options.timeout ?? 120_000 }, async (context) => {
        made ??= makeBench(module, { ...options, seed })
        const bench = await made
        const reason = skip?.(bench)
        if (reason !== undefined) context.skip(reason)
        await run(bench)
      })
    }
  })
}
