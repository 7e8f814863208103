import { describe, expect, it } from "vitest"
import { cacheError, DataError, fileError } from "./DataError.ts"

const errno = (code: string): Error => Object.assign(new Error(`${code}: it failed`), { code, syscall: "write" })

describe("cacheError", () => {
  it("tells a full disk from other failures, each with a way out", () => {
    expect(cacheError(errno("ENOSPC"), "/cache").message).toBe(
      'The token cache "/cache" failed: the disk is full; free some space, or name another folder as `cacheFolder`.',
    )
    expect(cacheError(errno("EACCES"), "/cache").message).toContain("check its permissions")
  })
})

describe("fileError", () => {
  it("leaves an error that is one of ours as it is", () => {
    const own = new DataError({ reason: "EmptyCorpus", message: "empty", retryable: false })
    expect(fileError(own, "x")).toBe(own)
  })

  it("passes on what the system says of a file that cannot be read", () => {
    expect(fileError(errno("EACCES"), "text.txt")).toMatchObject({
      reason: "Unreadable",
      message: '"text.txt" cannot be read: EACCES: it failed.',
    })
  })
})
