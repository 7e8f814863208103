export { ProcessBackend, type ProcessOptions } from "./backend.ts"
