import { describe, it } from "vitest"

/** A demand put to one backend or device, for any runner: vitest's, one's own, a page. */
export interface ConformanceTest {
  readonly name: string
  /** Rejects with what is wrong; resolves with the reason where the demand does not apply. */
  readonly run: () => Promise<string | undefined>
}

export const register = (title: string, tests: readonly ConformanceTest[], timeout = 60_000): void => {
  describe(title, () => {
    for (const { name, run } of tests) {
      it(name, { timeout }, async (context) => {
        const reason = await run()
        if (reason !== undefined) context.skip(reason)
      })
    }
  })
}
