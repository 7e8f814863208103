export type * from "./law.ts"
export * from "./result.ts"
export type { Provenance, Row, Status } from "./row.ts"
