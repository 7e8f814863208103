/** Bytes of GPU buffers that are alive, by the device they are of: what a library holds, whatever it says. */
export interface Meter {
  /** Bytes of the buffers that the newest device has made and not destroyed, as a function to ask again. */
  readonly newest: () => () => number
}

/** Counts on all devices that `navigator.gpu` gives from now on. */
export const meter = (): Meter => {
  const gpu = navigator.gpu
  let newest = () => 0
  const watch = (device: GPUDevice): void => {
    let bytes = 0
    newest = () => bytes
    const createBuffer = device.createBuffer.bind(device)
    device.createBuffer = (descriptor) => {
      const buffer = createBuffer(descriptor)
      bytes += descriptor.size
      const destroy = buffer.destroy.bind(buffer)
      let alive = true
      buffer.destroy = () => {
        if (alive) bytes -= descriptor.size
        alive = false
        return destroy()
      }
      return buffer
    }
  }
  const requestAdapter = async (options?: GPURequestAdapterOptions): Promise<GPUAdapter | null> => {
    const adapter = await gpu.requestAdapter(options)
    if (adapter === null) return null
    const requestDevice = adapter.requestDevice.bind(adapter)
    adapter.requestDevice = async (descriptor) => {
      const device = await requestDevice(descriptor)
      watch(device)
      return device
    }
    return adapter
  }
  Object.defineProperty(navigator, "gpu", { value: { requestAdapter }, configurable: true })
  return { newest: () => newest }
}
