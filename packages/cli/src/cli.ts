/** The command `time-transfer`. */
import { Command } from "effect/cli"
import { backends } from "./commands/backends.ts"
import { cancel } from "./commands/cancel.ts"
import { coordCheck } from "./commands/coordCheck.ts"
import { fit } from "./commands/fit.ts"
import { mupPlan } from "./commands/mupPlan.ts"
import { plan } from "./commands/plan.ts"
import { predict } from "./commands/predict.ts"
import { remove } from "./commands/remove.ts"
import { report } from "./commands/report.ts"
import { run } from "./commands/run.ts"
import { status } from "./commands/status.ts"
import { worker } from "./commands/worker.ts"

export const timeTransfer = Command.make("time-transfer").pipe(
  Command.withDescription(
    [
      "Measure how the best learning rate and the critical batch size move with the token budget, and transfer both to a run too long to tune.",
      "",
      "Exit codes: 0 done · 1 something failed, try again · 2 bad input, nothing was started · 3 the corpus cannot be had · 4 the study's database is corrupt, locked or newer · 5 a check fails · 130 interrupted, the same command goes on.",
    ].join("\n"),
  ),
  Command.withSubcommands([
    plan,
    run,
    status,
    cancel,
    remove,
    fit,
    predict,
    report,
    coordCheck,
    mupPlan,
    backends,
    worker,
  ]),
  Command.withExamples([
    { command: "time-transfer run study.ts", description: "Train what is missing, then tell what the study says" },
    { command: "time-transfer fit runs.csv --eta lr --batch 'bs * 2048' --tokens D", description: "Fit anyone's runs" },
  ]),
)
