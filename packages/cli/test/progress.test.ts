import type { Progress } from "@ts/sweep"
import { expect, it, vi } from "vitest"
import { progressLine, progressPrinter } from "../src/progress.ts"

const at = (tokensDone: number): Progress => ({
  _tag: "Progress",
  runsDone: 19,
  runs: 27,
  queued: 0,
  tokensDone,
  tokens: 13_100_000,
  tokensPerSecond: 61_000,
  secondsLeft: 69,
})

const streamOf = (fields: Partial<NodeJS.WriteStream>) => {
  const written: Array<string> = []
  return { written, stream: { ...fields, write: (text: string) => written.push(text) > 0 } as NodeJS.WriteStream }
}

it("shows runs, tokens, speed and time left", () => {
  expect(progressLine(at(8_900_000))).toBe(
    "██████████░░░░░  19/27 runs · 8.9M/13.1M tokens · 61k tok/s · 1 min 9 s left",
  )
  expect(progressLine({ ...at(8_900_000), queued: 4 })).toContain("19/27 runs · 4 queued · 8.9M")
})

it("keeps one line on a terminal, no wider than it, and ends with the last state", () => {
  const { written, stream } = streamOf({ isTTY: true, columns: 50 })
  const printer = progressPrinter(stream)
  printer.wait("preparing")
  printer.show(at(1_000_000))
  printer.show(at(13_100_000))
  printer.close()
  printer.close()
  expect(written).toHaveLength(4)
  const clear = "\r\u001b[2K"
  for (const text of written.slice(0, 3)) {
    expect(text.startsWith(clear)).toBe(true)
    expect(text.length - clear.length).toBeLessThan(50)
  }
  expect(written[2]).toContain("█".repeat(15))
  expect(written[3]).toBe("\n")
})

it("writes a line now and then to a log, without control characters", () => {
  const clock = vi.spyOn(performance, "now")
  const { written, stream } = streamOf({})
  const printer = progressPrinter(stream)
  for (const [millis, tokens] of [
    [0, 0],
    [29_000, 1e6],
    [31_000, 2e6],
  ] as const) {
    clock.mockReturnValue(millis)
    printer.show(at(tokens))
  }
  printer.wait("preparing")
  printer.close()
  clock.mockRestore()
  expect(written).toHaveLength(2)
  expect(written[1]).toMatch(/^training {5}.*2M\/13\.1M tokens.*\n$/)
  expect(written.join("")).not.toContain("\u001b")
})
