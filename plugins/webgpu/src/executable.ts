/** One compiled training on a GPU: a queue of work in front of it, and its numbers back. */
import { type Call, type Executable, elements, type Training, UnknownName } from "@ts/program"
import { checkCalls } from "./check.ts"
import type { Bound } from "./commands.ts"
import { DeviceLost, OutOfMemory } from "./errors.ts"
import { bufferUsage, type Gpu, requireAlive } from "./gpu.ts"
import { fromHalves } from "./half.ts"
import { bytesEach, type Part, type Place, slices } from "./layout.ts"
import type { Memory } from "./memory.ts"
import { makePacker, type Packed, type Pass, type Submission, split } from "./pack.ts"
import { type Plan, sizeOf } from "./plan.ts"

export interface ExecutableOptions {
  readonly gpu: Gpu
  readonly training: Training
  readonly plan: Plan
  readonly memory: Memory
  readonly bound: Bound
  readonly lanes: number
  readonly microBatch: number
  readonly blockSequences: number
  readonly keep: readonly string[]
}

/** How long a driver may take to say that the device is lost, after something else has failed of it. */
const LOSS_MILLIS = 200

/** The failure as it should be told: of a device that is gone everything fails, and the loss is the reason. */
const explain = async (gpu: Gpu, error: unknown): Promise<unknown> => {
  let timer: ReturnType<typeof setTimeout> | undefined
  const patience = new Promise((resolve) => {
    timer = setTimeout(resolve, LOSS_MILLIS)
  })
  await Promise.race([gpu.device.lost, patience])
  clearTimeout(timer)
  const reason = gpu.lost()
  return reason === undefined ? error : new DeviceLost(reason)
}

export const makeExecutable = (options: ExecutableOptions): Executable => {
  const { gpu, training, plan, memory, bound, lanes, microBatch, keep } = options
  const { device } = gpu
  const buffers = new Map(training.buffers.map((buffer) => [buffer.name, buffer]))
  const packer = makePacker(training, plan, lanes)
  const { perLane, scalarsAt } = plan.words
  const scalarValues = new Float32Array(lanes * perLane)
  /** Rows of kept activations that the last call of each lane wrote. */
  const keptRows = Array.from({ length: lanes }, () => new Map<string, number>())
  const written = (program: "grad" | "evaluate") =>
    keep.filter((name) => training[program].some(({ outputs }) => Object.values(outputs).includes(name)))
  const keptBy = { grad: written("grad"), evaluate: written("evaluate") }
  const idle: GPUBuffer[] = []
  let disposed = false
  let waiting = 0
  let last: Promise<unknown> = Promise.resolve()

  const gone = () => new Error("the executable has been disposed of; compile the training again")
  /** After everything before it, whether that failed or not. */
  const enqueue = <A>(work: () => Promise<A>): Promise<A> => {
    if (disposed) return Promise.reject(gone())
    waiting++
    const result = last.then(async () => {
      try {
        requireAlive(gpu)
        return await work()
      } finally {
        waiting--
      }
    })
    last = result.catch(() => {})
    return result
  }

  /** Tells what of the work the device refuses. */
  const watched = async <A>(work: () => Promise<A>): Promise<A> => {
    device.pushErrorScope("validation")
    device.pushErrorScope("out-of-memory")
    const outcome = work().catch(async (error) => {
      throw await explain(gpu, error)
    })
    // It is waited for below; until then its failure is nobody's fault.
    outcome.catch(() => {})
    // Both are popped before the work is waited for: scopes are a stack, and others push theirs.
    const scopes = [device.popErrorScope(), device.popErrorScope()]
    const [memoryError, validationError] = await Promise.all(scopes.map((scope) => scope.catch(() => null)))
    const value = await outcome
    if (memoryError !== null) throw new OutOfMemory(memory.bytes, memoryError.message)
    if (validationError !== null) throw new Error(`the GPU refused the work: ${validationError.message}`)
    return value
  }

  const stage = (): GPUBuffer =>
    idle.pop() ??
    device.createBuffer({
      label: "results",
      size: 4 * plan.results,
      usage: bufferUsage.mapRead | bufferUsage.copyTarget,
    })

  const replay = (pass: GPUComputePassEncoder, { program, size, average, fill }: Pass, working: number): void => {
    if (fill) bound.averaged.get(average!)!(pass, size, working)
    const commands = average === undefined ? bound[program] : bound.evaluateAveraged
    commands(pass, size, working)
  }

  const submit = ({ passes, calls, words, results }: Submission, working: number): GPUBuffer => {
    device.queue.writeBuffer(memory.calls, 0, calls)
    if (words.length > 0) device.queue.writeBuffer(memory.words, 4 * plan.words.callsAt, words)
    const encoder = device.createCommandEncoder()
    const pass = encoder.beginComputePass()
    for (const [index, one] of passes.entries()) {
      bound.select(pass, index)
      replay(pass, one, working)
    }
    pass.end()
    const staging = stage()
    encoder.copyBufferToBuffer(memory.tensors.get("results")!, 0, staging, 0, 4 * results)
    device.queue.submit([encoder.finish()])
    return staging
  }

  const execute = async ({ submissions }: Packed, working: number): Promise<readonly Float32Array[]> => {
    const staged = submissions.map((submission) => submit(submission, working))
    return Promise.all(
      staged.map(async (staging, i) => {
        const bytes = 4 * submissions[i].results
        await staging.mapAsync(bufferUsage.mapRead, 0, bytes)
        const values = new Float32Array(staging.getMappedRange(0, bytes).slice(0))
        staging.unmap()
        idle.push(staging)
        return values
      }),
    )
  }

  const fetch = async (place: Place, lane: number, count: number): Promise<Float32Array> => {
    if (count === 0) return new Float32Array(0)
    const each = bytesEach(place)
    const size = 4 * Math.ceil((each * count) / 4) // copies are of whole words
    const from = each * (place.offset + lane * place.stride)
    const staging = device.createBuffer({ size, usage: bufferUsage.mapRead | bufferUsage.copyTarget })
    try {
      const encoder = device.createCommandEncoder()
      encoder.copyBufferToBuffer(memory.tensors.get(place.buffer)!, from, staging, 0, size)
      device.queue.submit([encoder.finish()])
      await staging.mapAsync(bufferUsage.mapRead)
      const bytes = staging.getMappedRange().slice(0)
      return each === 2 ? fromHalves(bytes, count) : new Float32Array(bytes)
    } finally {
      staging.destroy()
    }
  }

  const fetchAll = async (parts: readonly Part[], lane: number, count: number): Promise<Float32Array> => {
    const all = new Float32Array(count)
    for (const { place, first, end } of slices(parts, count)) all.set(await fetch(place, lane, end - first), first)
    return all
  }

  const checkLane = (lane: number): void => {
    if (!Number.isInteger(lane) || lane < 0 || lane >= lanes) {
      throw new RangeError(`lane must be an integer from 0 to ${lanes - 1}, not ${lane}`)
    }
  }

  return {
    blockSequences: options.blockSequences,
    bytes: memory.bytes,
    usable: () => !disposed && gpu.lost() === undefined,
    scalars: (lane, values) => {
      if (disposed) throw gone()
      checkLane(lane)
      const settings = Object.entries(values).map(([name, value]): readonly [number, number] => {
        const place = plan.scalars.get(name)
        if (place === undefined) throw new UnknownName("scalar", name, plan.scalars.keys())
        return [place, value]
      })
      const apply = () => {
        const first = lane * perLane
        for (const [place, value] of settings) split(value, scalarValues, first + 2 * place)
        device.queue.writeBuffer(memory.words, 4 * (scalarsAt + first), scalarValues, first, perLane)
      }
      if (waiting === 0) apply()
      else enqueue(async () => apply()).catch(() => {}) // whoever uses them next is told what has happened
    },
    write: async (lane, name, values) => {
      checkLane(lane)
      const buffer = buffers.get(name)
      const writable = training.buffers.filter(({ storage }) => storage === "parameter" || storage === "state")
      if (buffer === undefined || !writable.includes(buffer)) {
        const names = writable.map((each) => each.name)
        throw new UnknownName("buffer", name, names, "Only parameters and state can be written")
      }
      const count = elements(buffer)
      if (values.length !== count) throw new RangeError(`"${name}" holds ${count} numbers, not ${values.length}`)
      const copy = new Float32Array(values)
      return enqueue(() =>
        watched(async () => {
          for (const { place, first, end } of slices(plan.parts.get(name)!, count)) {
            const at = 4 * (place.offset + lane * place.stride)
            device.queue.writeBuffer(memory.tensors.get(place.buffer)!, at, copy.subarray(first, end))
          }
        }),
      )
    },
    read: async (lane, name) => {
      checkLane(lane)
      const readable = training.buffers.filter((each) => each.storage !== "activation" || keep.includes(each.name))
      if (!readable.some((each) => each.name === name)) {
        const names = readable.map((each) => each.name)
        const hint = "An activation must be named in `keep` when the program is compiled"
        throw new UnknownName("buffer", name, names, hint)
      }
      return enqueue(() =>
        watched(async () => {
          const count = sizeOf(training, name, keptRows[lane].get(name) ?? 0)
          const values = await fetchAll(plan.parts.get(name)!, lane, count)
          for (const apart of plan.apart.get(name) ?? []) {
            const more = await fetchAll(apart, lane, count)
            for (let i = 0; i < count; i++) values[i] += more[i]
          }
          return values
        }),
      )
    },
    run: async (calls: readonly Call[], active = Array.from({ length: lanes }, () => true)) => {
      checkCalls(calls, active, training, { lanes, microBatch })
      if (disposed) throw gone()
      const working = active.flatMap((yes, lane) => (yes ? [lane] : []))
      const packed = packer.pack(calls, working)
      const values = await enqueue(() => watched(() => execute(packed, working.length)))
      return calls.map((call, index) => {
        const each = "sequences" in call ? call.sequences : 1
        const result = new Float64Array(lanes * each).fill(Number.NaN)
        for (const { submission, at, first, count } of packed.returns[index]) {
          for (const [slot, lane] of working.entries()) {
            const from = at + slot * count
            result.set(values[submission].subarray(from, from + count), lane * each + first)
          }
        }
        if ("sequences" in call) {
          for (const lane of working) {
            for (const name of keptBy[call.program]) {
              keptRows[lane].set(name, call.sequences * training.sequenceLength)
            }
          }
        }
        return result
      })
    },
    dispose: async () => {
      if (disposed) return
      disposed = true
      await last
      for (const staging of idle.splice(0)) staging.destroy()
      memory.destroy()
    },
  }
}
