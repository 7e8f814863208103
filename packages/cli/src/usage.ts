/** What the command line itself says: help where it was asked for, one sentence where an invocation makes no sense. */
import { Console, Layer, Logger } from "effect"
import { CliConfig, CliOutput, GlobalFlag } from "effect/cli"

/** "Unrecognized flag: --nope\n\n  Did you mean this?\n    --noise" as one line. */
const oneLine = (message: string): string =>
  message
    .trim()
    .replace(/\s*Did you mean this\?\s*/, ", did you mean ")
    .replace(/\s+/g, " ")

const presenter = CliOutput.layerPresenter({
  present: (event) =>
    event._tag === "InvalidInvocation"
      ? Console.error(
          `error: ${event.errors.map(({ message }) => oneLine(message)).join("; ")}; see ${event.commandPath.join(" ")} --help`,
        )
      : CliOutput.defaultPresenter.present(event),
})

/** Without the wizard, which would write its questions to stdout. */
const flags = CliConfig.layer({ builtIns: GlobalFlag.BuiltIns.filter((flag) => flag !== GlobalFlag.Wizard) })

const plainLogger = Logger.make<unknown, void>(({ logLevel, message }) => {
  const text = (Array.isArray(message) ? message : [message]).map(String).join(" ")
  process.stderr.write(`${logLevel.toLowerCase().padEnd(12)} ${text}\n`)
})

/** Everything that is not data goes to stderr. */
export const usage = Layer.mergeAll(presenter, flags, Logger.layer([plainLogger]))
