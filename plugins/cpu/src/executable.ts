/** One compiled training on the CPU: a queue in front of a native session. */
import { type Call, type Executable, elements, type Training, UnknownName } from "@ts/program"
import { packChunk } from "./chunk.ts"
import type { NativeSession } from "./native.ts"
import type { Plan } from "./plan.ts"

export interface ExecutableOptions {
  readonly training: Training
  readonly plan: Plan
  readonly session: NativeSession
  readonly blockSequences: number
  readonly microBatch: number
  readonly lanes: number
  readonly keep: readonly string[]
}

export const makeExecutable = (options: ExecutableOptions): Executable => {
  const { training, plan, session, lanes, keep, microBatch } = options
  const buffers = new Map(training.buffers.map((buffer) => [buffer.name, buffer]))
  const bytes = session.bytes
  let disposed = false
  let waiting = 0
  let last: Promise<unknown> = Promise.resolve()

  const gone = () => new Error("the executable has been disposed of")
  /** After everything before it, whether that failed or not. */
  const enqueue = <A>(work: () => A | Promise<A>): Promise<A> => {
    if (disposed) return Promise.reject(gone())
    waiting++
    const result = last.then(() => {
      if (disposed) throw gone()
      return work()
    })
    last = result.then(
      () => waiting--,
      () => waiting--,
    )
    return result
  }

  const checkLane = (lane: number): void => {
    if (!Number.isInteger(lane) || lane < 0 || lane >= lanes) {
      throw new RangeError(`lane must be an integer from 0 to ${lanes - 1}, not ${lane}`)
    }
  }

  return {
    blockSequences: options.blockSequences,
    bytes,
    scalars: (lane, values) => {
      if (disposed) throw gone()
      checkLane(lane)
      const settings = Object.entries(values).map(([name, value]): readonly [number, number] => {
        const at = plan.scalars.get(name)
        if (at === undefined) throw new UnknownName("scalar", name, plan.scalars.keys())
        return [at, value]
      })
      const apply = () => {
        for (const [at, value] of settings) session.setScalar(lane, at, value)
      }
      if (waiting === 0) apply()
      else enqueue(apply).catch(() => {}) // only disposal can get in between, and then nobody is left to read them
    },
    write: async (lane, name, values) => {
      checkLane(lane)
      const buffer = buffers.get(name)
      const writable = training.buffers.filter(({ storage }) => storage === "parameter" || storage === "state")
      if (buffer === undefined || !writable.includes(buffer)) {
        throw new UnknownName(
          "buffer",
          name,
          writable.map((each) => each.name),
          "Only parameters and state can be written",
        )
      }
      const count = elements(buffer)
      if (values.length !== count) throw new RangeError(`"${name}" holds ${count} numbers, not ${values.length}`)
      const copy = Float32Array.from(values)
      return enqueue(() => session.write(lane, plan.buffers.get(name)!, copy))
    },
    read: async (lane, name) => {
      checkLane(lane)
      const readable = training.buffers.filter((each) => each.storage !== "activation" || keep.includes(each.name))
      if (!readable.some((each) => each.name === name)) {
        const hint = "An activation must be named in `keep` when the program is compiled"
        throw new UnknownName(
          "buffer",
          name,
          readable.map((each) => each.name),
          hint,
        )
      }
      return enqueue(() => session.read(lane, plan.buffers.get(name)!))
    },
    run: async (calls: readonly Call[], active = Array.from({ length: lanes }, () => true)) => {
      if (active.length !== lanes)
        throw new RangeError(`active: one entry per lane is needed, ${lanes}, not ${active.length}`)
      const chunk = packChunk(calls, { training, lanes, microBatch, active, averages: plan.averages })
      const working = Int32Array.from(active.flatMap((yes, lane) => (yes ? [lane] : [])))
      const all = await enqueue(() => session.run(chunk.header, chunk.tokens, chunk.numbers, working))
      let end = 0
      return chunk.results.map((count) => {
        end += count
        return all.slice(end - count, end)
      })
    },
    dispose: async () => {
      if (disposed) return
      disposed = true
      session.dispose()
    },
  }
}
