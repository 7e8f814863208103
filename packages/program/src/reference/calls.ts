/** Checks of what a caller hands to an executable: made for a whole chunk before any of it runs. */
import type { Call, CompileOptions } from "../Device.ts"
import { UnknownName } from "../errors.ts"
import type { Training } from "../Program.ts"

const count = (what: string, value: number, most: number): void => {
  if (Number.isInteger(value) && value >= 1 && value <= most) return
  throw new RangeError(`${what} must be a whole number from 1 to ${most}, not ${value}`)
}

const length = (what: string, values: ArrayLike<unknown> | undefined, wanted: number): void => {
  if (values?.length === wanted) return
  throw new RangeError(`${what} must hold ${wanted} values, not ${values?.length ?? "none"}`)
}

/** @throws {RangeError | UnknownName} */
export const checkCompileOptions = (training: Training, options: CompileOptions, maxLanes: number): void => {
  count("lanes", options.lanes, maxLanes)
  count("microBatch", options.microBatch, Number.MAX_SAFE_INTEGER)
  const names = training.buffers.map(({ name }) => name)
  for (const name of options.keep ?? []) {
    if (!names.includes(name)) throw new UnknownName("buffer", name, names, "Its name is in CompileOptions.keep")
  }
}

/** @throws {RangeError} naming lane, sequence and position of a bad id */
const checkTokens = (lane: number, tokens: Int32Array, sequences: number, training: Training): void => {
  const stride = training.sequenceLength + 1
  length(`tokens of lane ${lane} (${sequences} sequences of ${stride} tokens)`, tokens, sequences * stride)
  const bad = tokens.findIndex((id) => id < 0 || id >= training.vocabulary)
  if (bad < 0) return
  throw new RangeError(
    `token id ${tokens[bad]} (lane ${lane}, sequence ${Math.floor(bad / stride)}, position ${bad % stride}) ` +
      `is outside the vocabulary of ${training.vocabulary}: ids are 0 to ${training.vocabulary - 1}`,
  )
}

/** Inactive lanes need no tokens and no scalars. @throws {RangeError | UnknownName} */
export const checkCalls = (
  calls: readonly Call[],
  active: readonly boolean[],
  training: Training,
  { lanes, microBatch }: CompileOptions,
): void => {
  length("active", active, lanes)
  for (const call of calls) {
    if (call.program === "grad" || call.program === "evaluate") {
      count("sequences", call.sequences, microBatch)
      for (let lane = 0; lane < lanes; lane++) {
        if (active[lane]) checkTokens(lane, call.tokens[lane], call.sequences, training)
      }
    }
    if (call.program === "update") {
      for (let lane = 0; lane < lanes; lane++) {
        if (!active[lane]) continue
        const names = training.stepScalars.join(", ")
        length(`update scalars of lane ${lane} (${names})`, call.scalars[lane], training.stepScalars.length)
      }
    }
    if (call.program === "evaluate" && call.average !== undefined) {
      if (training.averages[call.average.name] === undefined) {
        throw new UnknownName("average", call.average.name, Object.keys(training.averages))
      }
      length("average.correction", call.average.correction, lanes)
    }
  }
}
