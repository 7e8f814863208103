import { ATTEMPT_VARIABLE, type Ended, serve, workerExit } from "@ts/worker"
import { Effect } from "effect"
import { Command, Flag } from "effect/cli"
import manifest from "../../package.json" with { type: "json" }
import { lanesFlag, type Registered, backends as registry, trainerSettings } from "../backends.ts"
import { workerBackends } from "../site.ts"

/** All of standard input, as the order comes before its end. */
const standardInput = Effect.callback<string>((resume) => {
  let text = ""
  process.stdin.setEncoding("utf8")
  process.stdin.on("data", (part: string) => {
    text += part
  })
  process.stdin.once("end", () => resume(Effect.succeed(text)))
})

/** Waits until the line is out: whoever reads slowly is not overrun. Nobody reading any more is a reason to stop. */
const write = (line: string) =>
  Effect.callback<void>((resume) => {
    process.stdout.write(line, () => resume(Effect.void))
  })

const exitOf: Readonly<Record<Ended, number>> = workerExit

export const worker = Command.make(
  "worker",
  {
    backend: Flag.Literals("backend", workerBackends).pipe(
      Flag.withAlias("b"),
      Flag.withDescription("What trains the runs"),
      Flag.withDefault("cpu" as const),
    ),
    lanes: lanesFlag,
  },
  Effect.fn("worker")(function* (flags) {
    const { layer, needsData }: Registered = registry[flags.backend]
    const trainer = yield* trainerSettings(flags.backend, flags.lanes)
    const attempt = process.env[ATTEMPT_VARIABLE]
    // Its reader is gone: what was reached is kept, as after a signal.
    process.stdout.on("error", () => process.kill(process.pid, "SIGTERM"))
    const ended = yield* serve(standardInput, write, {
      worker: `time-transfer ${manifest.version}`,
      backend: layer({ trainer }),
      needsData,
      ...(attempt === undefined ? {} : { attempt }),
    })
    process.exitCode = exitOf[ended]
  }),
).pipe(
  Command.withDescription(
    "Train the runs of one order, as the backends `process` and `slurm` ask for: JSON on stdin, JSON lines on stdout (PROTOCOL.md of @ts/worker). Exit codes: 0 done · 75 stopped by a signal, everything reached is kept · 1 otherwise",
  ),
  Command.withExamples([
    {
      command: `echo '{"protocol":1,"do":"describe"}' | time-transfer worker --backend cpu`,
      description: "What this machine can do, as a driver hears it",
    },
  ]),
)
