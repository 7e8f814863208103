export { CpuBackend, type CpuBackendOptions } from "./backend.ts"
export { type CpuOptions, cpuDevice } from "./device.ts"
export { type CpuAvailability, CpuUnavailable, cpuAvailability, type InstructionSet } from "./native.ts"
