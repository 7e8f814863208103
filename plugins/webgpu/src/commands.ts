/** Dispatches bound to pipelines and memory, once for an executable; a step only replays them. */
import type { Gpu } from "./gpu.ts"
import type { CallSize, Dispatch, Grid } from "./kernels/kernel.ts"
import { bytesEach } from "./layout.ts"
import { CALL_BYTES, type Memory } from "./memory.ts"
import type { Programs } from "./plan.ts"

interface Command {
  readonly pipeline: GPUComputePipeline
  readonly tensors: GPUBindGroup
  readonly grid: Grid
}

export type Replay = (pass: GPUComputePassEncoder, size: CallSize, lanes: number) => void

export interface Bound {
  /** Sizes and lanes of a call, by its place in the submission. */
  readonly select: (pass: GPUComputePassEncoder, call: number) => void
  readonly grad: Replay
  readonly update: Replay
  readonly measure: Replay
  readonly evaluate: Replay
  readonly evaluateAveraged: Replay
  readonly averaged: ReadonlyMap<string, Replay>
}

export const bindCommands = async (gpu: Gpu, programs: Programs, memory: Memory): Promise<Bound> => {
  const { device } = gpu
  const callGroup = device.createBindGroup({
    layout: gpu.callLayout,
    entries: [
      { binding: 0, resource: { buffer: memory.calls, size: CALL_BYTES } },
      { binding: 1, resource: { buffer: memory.words } },
    ],
  })
  const groups = new Map<string, GPUBindGroup>()
  const groupOf = ({ places, shape, label }: Dispatch): GPUBindGroup => {
    const key = `${places.map(({ buffer, offset, size }) => `${buffer} ${offset} ${size}`).join()} ${shape.join(" ")}`
    const known = groups.get(key)
    if (known !== undefined) return known
    const made = device.createBindGroup({
      label,
      layout: gpu.tensorLayout(places.length, shape.length > 0),
      entries: [
        ...places.map((place, binding) => ({
          binding,
          resource: {
            buffer: memory.tensors.get(place.buffer)!,
            offset: bytesEach(place) * place.offset,
            size: bytesEach(place) * place.size,
          },
        })),
        ...(shape.length === 0 ? [] : [{ binding: places.length, resource: memory.shape(shape) }]),
      ],
    })
    groups.set(key, made)
    return made
  }
  const command = async (dispatch: Dispatch): Promise<Command> => ({
    pipeline: await gpu.pipeline(dispatch.code, dispatch.places.length, dispatch.shape.length > 0, dispatch.label),
    tensors: groupOf(dispatch),
    grid: dispatch.grid,
  })
  const replay = async (dispatches: readonly Dispatch[]): Promise<Replay> => {
    const commands = await Promise.all(dispatches.map(command))
    return (pass, size, active) => {
      let last: GPUComputePipeline | undefined
      for (const { pipeline, tensors, grid } of commands) {
        if (pipeline !== last) pass.setPipeline(pipeline)
        last = pipeline
        pass.setBindGroup(1, tensors)
        const [x, y] = grid(size)
        pass.dispatchWorkgroups(x, y, active)
      }
    }
  }
  const [grad, update, measure, evaluate, evaluateAveraged] = await Promise.all([
    replay(programs.grad),
    replay(programs.update),
    replay(programs.measure),
    replay(programs.evaluate),
    replay(programs.evaluateAveraged),
  ])
  const averaged = await Promise.all([...programs.averaged].map(async ([name, d]) => [name, await replay(d)] as const))
  const offset = new Uint32Array(1)
  return {
    select: (pass, call) => {
      offset[0] = call * CALL_BYTES
      pass.setBindGroup(0, callGroup, offset, 0, 1)
    },
    grad,
    update,
    measure,
    evaluate,
    evaluateAveraged,
    averaged: new Map(averaged),
  }
}
