/** Backends of test workers, for suites and for processes that load them by name. */
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { DataSource } from "@ts/data"
import { Layer } from "effect"
import { ProcessBackend } from "../src/index.ts"

const worker = fileURLToPath(new URL("./worker.ts", import.meta.url))
export const commandOf = (name: "cpu" | "surrogate") =>
  [process.execPath, "--conditions=@ts/source", worker, name] as const

/** Hundreds of workers start in a suite: twice as fast when what they run is compiled once. */
const environment = { NODE_COMPILE_CACHE: join(tmpdir(), "time-transfer-test-compiled") }

const backendOf = (name: "cpu" | "surrogate") =>
  ProcessBackend.layerWith({ command: [...commandOf(name)], concurrency: 2, environment }).pipe(
    Layer.provide(DataSource.layer()),
  )

export const surrogate = backendOf("surrogate")
export const cpu = backendOf("cpu")
