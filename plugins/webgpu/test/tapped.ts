/** WebGPU whose devices the test holds too, whose limits it may lower, and which has no more than the features named. */
export const tapped = async (limits: Record<string, number> = {}, features?: readonly GPUFeatureName[]) => {
  const { create } = (await import("webgpu")) as unknown as { create: (flags: string[]) => GPU }
  const entry = create([])
  const devices: GPUDevice[] = []
  const over = <T extends object>(target: T, methods: Partial<T>): T =>
    new Proxy(target, {
      get: (_, key) => {
        if (key in methods) return methods[key as keyof T]
        const value = Reflect.get(target, key, target)
        return typeof value === "function" ? value.bind(target) : value
      },
    })
  const gpu = over(entry, {
    requestAdapter: async (options?: GPURequestAdapterOptions) => {
      const adapter = (await entry.requestAdapter(options))!
      return over(adapter, {
        limits: over(adapter.limits, limits as Partial<GPUSupportedLimits>),
        ...(features !== undefined && { features: new Set(features) }),
        requestDevice: async (descriptor?: GPUDeviceDescriptor) => {
          const device = await adapter.requestDevice(descriptor)
          devices.push(device)
          // What a device grants is never less than the specification's least.
          return over(device, { limits: over(device.limits, limits as Partial<GPUSupportedLimits>) })
        },
      })
    },
  })
  return { gpu, devices }
}
