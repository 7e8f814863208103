/** What a file system or a shell says of a file, as errors with a way out. */
import type { BackendError } from "@ts/backend"
import { outOfReach, slurmError } from "./errors.ts"

const CODES: Record<string, string> = {
  ENOSPC: "No space left on device",
  EDQUOT: "Disk quota exceeded",
  EACCES: "Permission denied",
  EPERM: "Permission denied",
  EROFS: "Read-only file system",
}

/** `what` is a phrase like `cannot write /scratch/x on me@login`. */
export const fileError = (what: string, said: string, cause?: unknown): BackendError => {
  const code = (cause as NodeJS.ErrnoException | undefined)?.code
  const reason = (code !== undefined && CODES[code]) || said.trim().split("\n").at(-1)!
  const details = { field: "shared", ...(cause === undefined ? {} : { cause }) }
  if (/No space left|quota exceeded/i.test(reason))
    return outOfReach(`${what}: ${reason}; free space there, or give another folder as shared`, details)
  if (/Permission denied|Read-only file system|Not a directory/i.test(reason))
    return slurmError("Unavailable", `${what}: ${reason}; give a folder that you may write to as shared`, details)
  return outOfReach(`${what}: ${reason}`, details)
}
