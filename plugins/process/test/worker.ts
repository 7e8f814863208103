/** A worker on a backend of this repository: `node worker.ts cpu` or `surrogate`. */
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import * as NodeServices from "@effect/platform-node/NodeServices"
import { CpuBackend } from "@ts/backend-cpu"
import { SurrogateBackend } from "@ts/backend-surrogate"
import { serve, workerExit } from "@ts/worker"
import { Effect } from "effect"

const name = process.argv[2] === "cpu" ? "cpu" : "surrogate"
const standardInput = Effect.promise(async () => {
  let text = ""
  for await (const part of process.stdin) text += part
  return text
})

const program = serve(
  standardInput,
  (line) => Effect.callback<void>((resume) => void process.stdout.write(line, () => resume(Effect.void))),
  {
    worker: `test ${name}`,
    backend: name === "cpu" ? CpuBackend.layerWith({ chunkMillis: 5 }) : SurrogateBackend.layer,
    needsData: name === "cpu",
  },
)

NodeRuntime.runMain(
  Effect.map(program, (ended) => {
    process.exitCode = workerExit[ended]
  }).pipe(Effect.provide(NodeServices.layer)),
  { teardown: (_, onExit) => onExit(Number(process.exitCode ?? 1)) },
)
