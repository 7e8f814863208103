export { SlurmBackend } from "./backend.ts"
export type { SlurmOptions } from "./options.ts"
