export { type BellPoint, bell, bellEta } from "./bell.ts"
export { bestBatches } from "./best-batch.ts"
export { divergedReadings, divergenceFactor, type Reading } from "./divergence.ts"
export { fitLaw } from "./fit-law.ts"
export { type FormName, formNames, forms } from "./joint/form.ts"
export type * from "./law.ts"
export {
  type LocalRecovery,
  type LocalRecoveryOptions,
  localRecovery,
  type RecoveryBranch,
  type RecoveryVerdict,
} from "./local-recovery.ts"
export type { Candidate } from "./next/candidates.ts"
export { nextRuns, type Proposal, type Question } from "./next/next-runs.ts"
export { type NoiseScaleReading, noiseScale } from "./noise-scale.ts"
export { type BestStepRate, type NoiseScaleFromRates, noiseScaleFromRates } from "./noise-scale-from-rates.ts"
export { type LossCurve, lossCurves, overheads } from "./overhead.ts"
export { type HorizonPoint, powerLaw, powerLawAt } from "./power-law.ts"
export { predict, type Target } from "./predict.ts"
export { type ProfileMinimum, type ProfileOptions, type ProfileReading, profileMinimum } from "./profile.ts"
export { fewestSteps, type Profile, profiles } from "./profiles.ts"
export * from "./published/index.ts"
export { rangeSensitivity, type SweptRate } from "./range-sensitivity.ts"
export { flatMargin, regime } from "./regime.ts"
export * from "./result.ts"
export { completeRow, type Provenance, type Row, type RowLike, type Status } from "./row.ts"
export { relativeSensitivity, sensitivity } from "./sensitivity.ts"
export { LawFormatError, parseLaw, serializeLaw } from "./serialize.ts"
export { profileLoss } from "./skewed.ts"
export { overheadBatch, type StepsPoint, type StepsToTarget, stepsToTarget } from "./steps-to-target.ts"
export { InvalidOptionError, InvalidRowError, validateRows } from "./validate.ts"
export { widthAgreement } from "./width.ts"
