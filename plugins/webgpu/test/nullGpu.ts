/** WebGPU that computes nothing: Dawn's null backend, for the time of everything else. */
export const nullGpu = async (): Promise<GPU> => {
  const { create } = (await import("webgpu")) as unknown as { create: (flags: string[]) => GPU }
  return create(["backend=null"])
}
