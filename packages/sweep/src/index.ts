import { adapt, nextOf } from "./adaptive/adapt.ts"
import { calibrate } from "./plan/calibrate.ts"
import { plan } from "./plan/plan.ts"
import { run } from "./run/run.ts"
import { status } from "./status.ts"

/** Plans a study, runs the plan, tells how it stands. */
export const Sweep = { plan, calibrate, run, status, adapt, next: nextOf }

export type { AdaptEvent, Adapted, AdaptOptions, Round } from "./adaptive/adapt.ts"
export type { Adaptive } from "./adaptive/declared.ts"
export type { ModelAnswer, Spent } from "./adaptive/next.ts"
export type { Answer, Question } from "./adaptive/question.ts"
export { StoreError, StoreErrorReason, StudyError, type StudyProblem, type SweepError } from "./errors.ts"
export type { PlanBudget } from "./plan/afford.ts"
export type { CalibrateOptions } from "./plan/calibrate.ts"
export type { Calibration, ShapeRate } from "./plan/calibration.ts"
export type { Cost } from "./plan/cost.ts"
export type { Plan, PlannedRun, PlanOptions } from "./plan/plan.ts"
export type { Work } from "./plan/remaining.ts"
export type { Budget, Stopped } from "./run/budget.ts"
export type { Progress, Summary, SweepEvent } from "./run/events.ts"
export type { KeepCheckpoints, RunOptions } from "./run/options.ts"
export { type Contender, type HopelessOptions, hopeless, type PrunePolicy } from "./run/prune.ts"
export type { RunStanding, RunStatus, SweepStatus } from "./status.ts"
export type { DriverInfo } from "./store/driver.ts"
export { EngineEvent, type JournalEntry, JournalEvent } from "./store/journal.ts"
export type { Recovering, Recovery } from "./store/recoveries.ts"
export {
  type DriverOptions,
  type Removal,
  type RunState,
  type Session,
  Store,
  type StoreService,
} from "./store/Store.ts"
export { type BatchRamp, type BatchRampOptions, batchRamp } from "./study/batchRamp.ts"
export { Study } from "./study/index.ts"
export type { Rule } from "./study/rules.ts"
export type {
  BranchesInput,
  DataInput,
  DecayInput,
  Expansion,
  ExplicitRun,
  Part,
  PartOverrides,
  StudyInput,
  StudyRun,
  Varied,
} from "./study/Study.ts"
