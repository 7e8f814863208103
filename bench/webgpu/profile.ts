/** A WebGPU entry point whose devices time every dispatch: each gets a pass of its own, between two timestamps. */

export interface Timed {
  /** Of the pipeline. */
  readonly label: string
  readonly nanoseconds: number
}

export interface Profiler {
  readonly gpu: GPU
  /** What was dispatched since the last time, in order. */
  readonly take: () => Promise<readonly Timed[]>
}

// Numbers of the specification, as `GPUBufferUsage` is no global in Node.
const [MAP_READ, COPY_SRC, COPY_DST, QUERY_RESOLVE] = [1, 4, 8, 512]
/** Most queries of a set. */
const QUERIES = 4096

type Groups = Map<number, Parameters<GPUComputePassEncoder["setBindGroup"]>>

const watch = (device: GPUDevice, results: Promise<Timed[]>[]): GPUDevice => {
  const querySet = device.createQuerySet({ type: "timestamp", count: QUERIES })
  const createCommandEncoder = device.createCommandEncoder.bind(device)
  device.createCommandEncoder = (descriptor) => {
    const encoder = createCommandEncoder(descriptor)
    const labels: string[] = []
    const beginComputePass = encoder.beginComputePass.bind(encoder)
    encoder.beginComputePass = () => {
      const groups: Groups = new Map()
      let pipeline: GPUComputePipeline
      return {
        setPipeline: (next: GPUComputePipeline) => {
          pipeline = next
        },
        setBindGroup: (...group: Parameters<GPUComputePassEncoder["setBindGroup"]>) => groups.set(group[0], group),
        dispatchWorkgroups: (...grid: [number, number?, number?]) => {
          const at = 2 * labels.length
          if (at + 2 > QUERIES)
            throw new Error(`more than ${QUERIES / 2} dispatches in one submission: take fewer steps`)
          labels.push(pipeline.label)
          const timestampWrites = { querySet, beginningOfPassWriteIndex: at, endOfPassWriteIndex: at + 1 }
          const pass = beginComputePass({ timestampWrites })
          pass.setPipeline(pipeline)
          for (const group of groups.values()) pass.setBindGroup(...group)
          pass.dispatchWorkgroups(...grid)
          pass.end()
        },
        end: () => {},
      } as unknown as GPUComputePassEncoder
    }
    const finish = encoder.finish.bind(encoder)
    encoder.finish = (last) => {
      if (labels.length === 0) return finish(last)
      const size = 16 * labels.length
      const resolved = device.createBuffer({ size, usage: QUERY_RESOLVE! | COPY_SRC! })
      const staging = device.createBuffer({ size, usage: MAP_READ! | COPY_DST! })
      encoder.resolveQuerySet(querySet, 0, 2 * labels.length, resolved, 0)
      encoder.copyBufferToBuffer(resolved, 0, staging, 0, size)
      const read = async (): Promise<Timed[]> => {
        await staging.mapAsync(MAP_READ!)
        const times = new BigUint64Array(staging.getMappedRange())
        const timed = labels.map((label, i) => ({ label, nanoseconds: Number(times[2 * i + 1]! - times[2 * i]!) }))
        staging.destroy()
        resolved.destroy()
        return timed
      }
      const finished = finish(last)
      // Mapping is asked for once the work has been submitted.
      results.push(Promise.resolve().then(read))
      return finished
    }
    return encoder
  }
  return device
}

export const profiled = (gpu: GPU): Profiler => {
  const results: Promise<Timed[]>[] = []
  const requestAdapter = async (options?: GPURequestAdapterOptions): Promise<GPUAdapter | null> => {
    const adapter = await gpu.requestAdapter(options)
    if (adapter === null) return null
    const requestDevice = adapter.requestDevice.bind(adapter)
    adapter.requestDevice = async (descriptor = {}) => {
      const features = new Set([...(descriptor.requiredFeatures ?? []), "timestamp-query" as const])
      return watch(await requestDevice({ ...descriptor, requiredFeatures: [...features] }), results)
    }
    return adapter
  }
  return {
    gpu: { requestAdapter } as GPU,
    take: async () => (await Promise.all(results.splice(0))).flat(),
  }
}
