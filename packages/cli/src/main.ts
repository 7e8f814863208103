// By path: the whole package also loads an HTTP client, which costs a fifth of a second.
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import * as NodeServices from "@effect/platform-node/NodeServices"
import { Cause, Console, Effect, Exit, Logger } from "effect"
import { Command, CliError as UsageError } from "effect/cli"
import manifest from "../package.json" with { type: "json" }
import { timeTransfer } from "./cli.ts"
import { exitCodes, toCliError } from "./exit.ts"
import { usage } from "./usage.ts"

/** Runs the command line and ends the process with one of `exitCodes`. */
export const main = (): void => {
  NodeRuntime.runMain(
    timeTransfer.pipe(
      Command.run({ version: manifest.version }),
      Effect.provide([NodeServices.layer, usage]),
      Effect.provideService(Logger.LogToStderr, true),
      // Usage errors were told by the presenter already.
      Effect.tapError((error) =>
        UsageError.isCliError(error) ? Effect.void : Console.error(`error: ${toCliError(error).message}`),
      ),
    ),
    {
      disableErrorReporting: true,
      // A worker that was interrupted says itself how it ended.
      teardown: (exit, onExit) => onExit(Number(process.exitCode ?? exitCodeOf(exit))),
    },
  )
}

const exitCodeOf = (exit: Exit.Exit<unknown, unknown>): number => {
  if (Exit.isSuccess(exit)) return 0
  if (Cause.hasInterruptsOnly(exit.cause)) return exitCodes.interrupted
  const failure = Cause.squash(exit.cause)
  if (UsageError.isCliError(failure))
    return failure._tag === "ShowHelp" && failure.errors.length === 0 ? 0 : exitCodes.input
  return toCliError(failure).code
}
