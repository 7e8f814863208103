export { type AdapterOptions, type WebGpuAvailability, webgpuAvailability } from "./adapter.ts"
export { WebGpuBackend, type WebGpuBackendOptions } from "./backend.ts"
export { type WebGpuDevice, type WebGpuOptions, webgpuDevice } from "./device.ts"
export { DeviceLost, FeatureMissing, LimitTooSmall, OutOfMemory, WebGpuUnavailable } from "./errors.ts"
