export { type Builder, type BuilderOptions, builder } from "./builder.ts"
export { type Cost, type CostOptions, cost, costOf } from "./cost.ts"
export * from "./Device.ts"
export { ProgramError, ShapeError, UnknownName } from "./errors.ts"
export { differentiate, type Gradient } from "./gradient.ts"
export { type Lifetime, lifetimes, type MemoryOptions, type MemoryPlan, planMemory } from "./memory.ts"
export { alibiSlopes } from "./ops/alibi.ts"
export type {
  Adds,
  AttributeSlot,
  Definition,
  LoopArguments,
  Pattern,
  ScalarSlot,
  Sizes,
  Slot,
  Values,
} from "./ops/Definition.ts"
export { definitions } from "./ops/definitions.ts"
export { erf } from "./ops/erf.ts"
export * from "./Program.ts"
export { type ReferenceOptions, referenceDevice } from "./reference.ts"
export { requireOperations } from "./require-operations.ts"
export { type Context, sizesOf } from "./shapes.ts"
export { type Forward, type TrainingOptions, training } from "./training.ts"
export { type OptimizerKind, type UpdateOptions, type UpdateProgram, updateProgram } from "./update.ts"
export { validate } from "./validate.ts"
