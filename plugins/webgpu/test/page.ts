/** The script of the page: holds what is tried there, and runs it one at a time for whoever drives the page. */
import { backendTests, type ConformanceTest, deviceTests } from "@ts/backend-conformance"
import { DataSource } from "@ts/data"
import type { Device } from "@ts/program"
import { Layer } from "effect"
import { WebGpuBackend, type WebGpuOptions, webgpuAvailability, webgpuDevice } from "../src/index.ts"
import { miscounting, silent } from "./faulty.ts"
import { besideReference } from "./run.ts"

export interface Outcome {
  /** What is wrong. */
  readonly problem?: string
  /** Why it does not apply. */
  readonly skipped?: string
}

/** Whoever opens the page writes them into its address. */
const options: WebGpuOptions = JSON.parse(decodeURIComponent(location.hash.slice(1)))

let opened: Promise<Device> | undefined
const device = () => {
  opened ??= webgpuDevice(options)
  return opened
}
const backend = WebGpuBackend.layerWith(options).pipe(Layer.provide(DataSource.layer()))

/** Both suites, and numbers beside the reference that they do not ask for. */
const demands: readonly ConformanceTest[] = [
  ...deviceTests(device),
  ...backendTests(backend),
  ...besideReference(device),
]

interface Fault extends ConformanceTest {
  /** What must be said of it. */
  readonly says: string
  /** How long it may take. */
  readonly seconds?: number
}

/** What must be reported, or no report means anything. */
const faults: readonly Fault[] = [
  ...deviceTests(async () => miscounting(await device()))
    .filter(({ name }) => name.startsWith("operations: norm with gain beside a residual: width 36"))
    .map(({ run }) => ({ name: "a wrong number", says: "grad:gain: |x - ref| / |ref| = ", run })),
  ...backendTests(silent(backend))
    .filter(({ name }) => name.startsWith("tells each run's story"))
    .map(({ run }) => ({ name: "a run without an end", says: "Finished", run })),
  {
    name: "a page that answers nobody any more",
    says: "has not ended",
    seconds: 1,
    run: () => {
      for (;;);
    },
  },
]

const tests = { demands, faults }

export const list = async () => ({
  availability: await webgpuAvailability(options),
  demands: demands.map(({ name }) => name),
  faults: faults.map(({ run: _, ...fault }) => fault),
})

/** With what was found in place of what, as test runners show it. */
const explain = (error: unknown): string => {
  if (!(error instanceof Error)) return String(error)
  const { message, actual, expected } = error as Error & { readonly actual?: unknown; readonly expected?: unknown }
  const text = (value: unknown) => JSON.stringify(value, null, 2)
  return actual === undefined ? message : `${message}\nfound ${text(actual)}\nnot ${text(expected)}`
}

export const run = async (kind: keyof typeof tests, index: number): Promise<Outcome> => {
  try {
    const skipped = await tests[kind][index].run()
    return skipped === undefined ? {} : { skipped }
  } catch (error) {
    return { problem: explain(error) }
  }
}
