export type { SlurmOptions } from "./options.ts"
