/** The program that follows the last micro-batch of a batch: global norm, optimiser, weight averages. */
import { definitions } from "./ops/definitions.ts"
import { type Buffer, gradientOf, type Op } from "./Program.ts"

export type OptimizerKind = "adamw" | "sgd" | "signum"

export interface UpdateOptions {
  readonly parameters: readonly Buffer[]
  readonly optimizer: OptimizerKind
  /** Names of the weight averages to keep. */
  readonly averages?: readonly string[]
}

export interface UpdateProgram {
  readonly ops: readonly Op[]
  /** `norm`, the optimiser's state and the averages; the gradients come from `differentiate`. */
  readonly buffers: readonly Buffer[]
  readonly stepScalars: readonly string[]
  readonly norm: string
  readonly averages: Readonly<Record<string, Readonly<Record<string, string>>>>
}

/** Slots whose scalar is one per tensor, and that scalar's prefix. */
const perTensor: Readonly<Record<string, string>> = { etaMultiplier: "eta", decayMultiplier: "decay", eps: "eps" }
/** Carried anew by every `update` call, in this order; `sgd` and `signum` have no corrections. */
const perStep = ["gradScale", "eta", "decay", "correction1", "correction2"]

/**
 * Names: scalars `eta:<parameter>`, `decay:<parameter>` and (adamw) `eps:<parameter>` per tensor; `clip`, `beta1`,
 * `beta2`, `momentum`, `averageDecay:<average>` per lane; `gradScale`, `eta`, `decay`, `correction1`,
 * `correction2` per step. Buffers `m:`, `v:`, `momentum:<parameter>`, `average:<average>:<parameter>`, `norm`.
 */
export const updateProgram = ({ parameters, optimizer, averages = [] }: UpdateOptions): UpdateProgram => {
  const norm: Buffer = { name: "norm", storage: "state", shape: [1], perToken: false }
  const buffers: Buffer[] = [norm]
  const state = (name: string, like: Buffer): string => {
    buffers.push({ ...like, name, storage: "state" })
    return name
  }
  const slots = definitions[optimizer]
  const globalNorm: Op = {
    kind: "global_norm",
    inputs: Object.fromEntries(parameters.map(({ name }, index) => [String(index), gradientOf(name)])),
    outputs: { norm: norm.name },
    accumulate: [],
    scalars: { gradScale: "gradScale" },
    attributes: {},
  }
  const steps = parameters.map(
    (parameter): Op => ({
      kind: optimizer,
      inputs: { gradient: gradientOf(parameter.name), norm: norm.name },
      outputs: Object.fromEntries(
        slots.outputs.map(({ name }) => [
          name,
          name === "parameter" ? parameter.name : state(`${name}:${parameter.name}`, parameter),
        ]),
      ),
      accumulate: [],
      scalars: Object.fromEntries(
        slots.scalars.map(({ name }) => [
          name,
          perTensor[name] === undefined ? name : `${perTensor[name]}:${parameter.name}`,
        ]),
      ),
      attributes: {},
    }),
  )
  const averaging = averages.flatMap((average) =>
    parameters.map(
      (parameter): Op => ({
        kind: "average",
        inputs: { parameter: parameter.name },
        outputs: { average: state(`average:${average}:${parameter.name}`, parameter) },
        accumulate: [],
        scalars: { averageDecay: `averageDecay:${average}` },
        attributes: {},
      }),
    ),
  )
  return {
    ops: [globalNorm, ...steps, ...averaging],
    buffers,
    stepScalars: perStep.filter((name) => slots.scalars.some((slot) => slot.name === name)),
    norm: norm.name,
    averages: Object.fromEntries(
      averages.map((average) => [
        average,
        Object.fromEntries(parameters.map(({ name }) => [name, `average:${average}:${name}`])),
      ]),
    ),
  }
}
