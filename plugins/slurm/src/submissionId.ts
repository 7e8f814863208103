/** Names of submissions: they sort in time, and no two are alike. */
import { randomBytes } from "node:crypto"

/** `now` in milliseconds since 1970. */
export const submissionId = (now: number): string =>
  `${now.toString(36).padStart(9, "0")}-${randomBytes(4).toString("hex")}`

/** Milliseconds since 1970. */
export const submittedAt = (id: string): number => Number.parseInt(id.split("-")[0]!, 36)
