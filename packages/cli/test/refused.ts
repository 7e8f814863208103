/** What every refusal has in common. */
import { expect } from "vitest"
import type { Ended } from "./command.ts"

/** Ends with `code`, says one sentence that matches everything in `parts`, shows no stack trace and no data. */
export const expectRefusal = (ended: Ended, code: number, ...parts: ReadonlyArray<string | RegExp>): void => {
  const { stdout, stderr } = ended
  expect(ended.code, stderr).toBe(code)
  expect(stdout).toBe("")
  expect(stderr).not.toMatch(/^\s+at .+:\d+:\d+/m)
  const errors = stderr.split("\n").filter((line) => line.startsWith("error: "))
  expect(errors, stderr).toHaveLength(1)
  for (const part of parts) expect(errors[0]).toMatch(part)
}
