/** The buffers of one executable, allocated together or not at all. */
import { OutOfMemory } from "./errors.ts"
import { bufferUsage, type Gpu } from "./gpu.ts"
import { CALL_HEAD, MAX_LANES } from "./kernels/kernel.ts"
import type { Plan } from "./plan.ts"

/** Bytes of one call's sizes and lanes: a dynamic offset is a multiple of 256. */
export const CALL_BYTES = Math.ceil((4 * CALL_HEAD + 16 * MAX_LANES) / 256) * 256
/** Calls in one submission. */
export const CALLS = 64

export interface Memory {
  readonly tensors: ReadonlyMap<string, GPUBuffer>
  readonly calls: GPUBuffer
  readonly words: GPUBuffer
  /** Where the whole numbers stand that a dispatch's text leaves open. */
  readonly shape: (shape: readonly number[]) => GPUBufferBinding
  readonly bytes: number
  readonly destroy: () => void
}

/** Every shape of the plan once, each at a place that a binding may begin at. */
const collectShapes = ({ programs }: Plan) => {
  const starts = new Map<string, number>()
  const table: number[] = []
  const { averaged, ...others } = programs
  for (const { shape } of [...Object.values(others).flat(), ...[...averaged.values()].flat()]) {
    const key = shape.join(" ")
    if (shape.length === 0 || starts.has(key)) continue
    starts.set(key, table.length)
    table.push(...shape)
    while (table.length % 64 !== 0) table.push(0)
  }
  return { starts, table: Uint32Array.from(table) }
}

/** @throws {OutOfMemory} */
export const allocate = async (gpu: Gpu, plan: Plan): Promise<Memory> => {
  const { storage, uniform, copySource, copyTarget } = bufferUsage
  const { device } = gpu
  const made: GPUBuffer[] = []
  let bytes = 0
  const create = (label: string, size: number, usage: number): GPUBuffer => {
    bytes += size
    const buffer = device.createBuffer({ label, size, usage })
    made.push(buffer)
    return buffer
  }
  const destroy = (): void => {
    for (const buffer of made) buffer.destroy()
  }
  const { starts, table: shapeTable } = collectShapes(plan)
  device.pushErrorScope("out-of-memory")
  let tensors: Map<string, GPUBuffer>
  let calls: GPUBuffer
  let words: GPUBuffer
  let shapes: GPUBuffer
  try {
    tensors = new Map(
      [...plan.buffers].map(([name, size]) => [name, create(name, size, storage | copySource | copyTarget)]),
    )
    calls = create("calls", CALLS * CALL_BYTES, uniform | copyTarget)
    shapes = create("shapes", Math.max(256, 4 * shapeTable.length), uniform | copyTarget)
    words = create("words", 4 * (plan.words.callsAt + plan.words.callWords), storage | copyTarget)
  } catch (cause) {
    // Some implementations throw instead where the size itself is beyond them.
    await device.popErrorScope()
    destroy()
    throw new OutOfMemory(bytes, (cause as Error).message)
  }
  const error = await device.popErrorScope()
  if (error !== null) {
    destroy()
    throw new OutOfMemory(bytes, error.message)
  }
  device.queue.writeBuffer(words, 0, Uint32Array.from(plan.words.tables))
  if (shapeTable.length > 0) device.queue.writeBuffer(shapes, 0, shapeTable)
  for (const { place, values } of plan.constants) {
    device.queue.writeBuffer(tensors.get(place.buffer)!, 4 * place.offset, values as Float32Array<ArrayBuffer>)
  }
  const shape = (wanted: readonly number[]): GPUBufferBinding => ({
    buffer: shapes,
    offset: 4 * starts.get(wanted.join(" "))!,
    size: 16 * Math.ceil(wanted.length / 4),
  })
  return { tensors, calls, words, shape, bytes, destroy }
}
