export type { AdamMultipliers } from "./adam.ts"
export {
  type CoordinateVerdict,
  coordinateCheck,
  type LayerVerdict,
  type StepSlope,
  type Verdict,
} from "./coordinateCheck.ts"
export type { CoordinateKind, CoordinateObservation, CoordinateOptions } from "./coordinateObservation.ts"
export type { Slope } from "./logLogSlope.ts"
export { MupError } from "./MupError.ts"
export { heldFixed, type Kind, type Parametrisation, type Shape } from "./Parametrisation.ts"
export { type DecayCoupling, type Optimizer, type ParameterGroup, parameterGroups } from "./parameterGroups.ts"
export { type Plan, plan, type TensorPlan } from "./plan.ts"
export { type DocumentOverrides, planFromDocument } from "./planFromDocument.ts"
export type { SgdMultipliers } from "./sgd.ts"
export type { Role, TensorShape } from "./TensorShape.ts"
export { type PlanDocument, toJson } from "./toJson.ts"
