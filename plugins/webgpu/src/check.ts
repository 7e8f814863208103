/** Checks of what a caller hands over: of a whole chunk before any of it runs. */
import { type Call, type CompileOptions, type Training, UnknownName } from "@ts/program"

export const checkCount = (name: string, value: number, most = Number.MAX_SAFE_INTEGER): void => {
  if (Number.isInteger(value) && value >= 1 && value <= most) return
  const range = most === Number.MAX_SAFE_INTEGER ? "a positive integer" : `an integer from 1 to ${most}`
  throw new RangeError(`${name} must be ${range}, not ${value}`)
}

const checkLength = (what: string, length: number | undefined, wanted: number): void => {
  if (length !== wanted) throw new RangeError(`${what}: ${wanted} values are needed, not ${length ?? "none"}`)
}

const checkTokens = (tokens: Int32Array | undefined, lane: number, sequences: number, training: Training): void => {
  const stride = training.sequenceLength + 1
  checkLength(`tokens of lane ${lane}`, tokens?.length, sequences * stride)
  const { vocabulary } = training
  for (let i = 0; i < tokens!.length; i++) {
    const id = tokens![i]
    if (id >= 0 && id < vocabulary) continue
    throw new RangeError(
      `token id ${id} (lane ${lane}, sequence ${Math.floor(i / stride)}, position ${i % stride}) is outside the vocabulary of ${vocabulary}`,
    )
  }
}

/** Inactive lanes need neither tokens nor scalars. @throws {RangeError | UnknownName} */
export const checkCalls = (
  calls: readonly Call[],
  active: readonly boolean[],
  training: Training,
  { lanes, microBatch }: Pick<CompileOptions, "lanes" | "microBatch">,
): void => {
  checkLength("active", active.length, lanes)
  for (const call of calls) {
    if (call.program === "update") {
      const wanted = training.stepScalars.length
      for (let lane = 0; lane < lanes; lane++) {
        if (active[lane]) checkLength(`step scalars of lane ${lane}`, call.scalars[lane]?.length, wanted)
      }
    }
    if (call.program !== "grad" && call.program !== "evaluate") continue
    checkCount("sequences", call.sequences, microBatch)
    const seen = new Set<Int32Array>()
    for (let lane = 0; lane < lanes; lane++) {
      const tokens = call.tokens[lane]
      if (!active[lane] || seen.has(tokens)) continue
      checkTokens(tokens, lane, call.sequences, training)
      seen.add(tokens)
    }
    if (call.program !== "evaluate" || call.average === undefined) continue
    const { name, correction } = call.average
    if (training.averages[name] === undefined) throw new UnknownName("average", name, Object.keys(training.averages))
    checkLength("correction", correction.length, lanes)
  }
}
