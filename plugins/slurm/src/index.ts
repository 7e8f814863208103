export { SlurmBackend } from "./backend.ts"
export type { RunJob } from "./jobs.ts"
export type { SlurmOptions } from "./options.ts"
