import fc from "fast-check"
import { describe, expect, it } from "vitest"
import { makeListener, ProtocolError } from "./listen.ts"
import type { Message } from "./protocol.ts"

const bytes = (text: string) => new TextEncoder().encode(text)
const lines = (count: number) =>
  Array.from(
    { length: count },
    (_, i): Message => ({
      _tag: "Event",
      seq: i + 1,
      event: { _tag: "Diverged", runId: "0123456789abcdef", tokens: i, reason: `grün ${i}` },
    }),
  )
const textOf = (messages: ReadonlyArray<Message>) => messages.map((message) => `${JSON.stringify(message)}\n`).join("")

describe("makeListener", () => {
  it("hears the same however the bytes are cut, and never a line without its end", () => {
    fc.assert(
      fc.property(fc.array(fc.nat(400), { maxLength: 20 }), fc.nat(1000), (cuts, torn) => {
        const messages = lines(6)
        const all = bytes(textOf(messages))
        const whole = all.subarray(0, Math.max(0, all.length - torn))
        const listener = makeListener()
        const heard: Array<Message> = []
        for (let from = 0, i = 0; from < whole.length; i++) {
          const to = from + 1 + (cuts[i % Math.max(1, cuts.length)] ?? 7)
          heard.push(...listener.hear(whole.subarray(from, to)))
          from = to
        }
        const ends = whole.reduce((count, byte) => count + (byte === 10 ? 1 : 0), 0)
        expect(heard).toEqual(messages.slice(0, ends))
        expect(listener.position()).toBe(bytes(textOf(messages.slice(0, ends))).length)
      }),
    )
  })

  it.each<[string, string, RegExp]>([
    ["text that is no JSON", "Loading model...\n", /line 1 is no message of a worker: "Loading model\.\.\."/],
    ["JSON that is no message", '{"seq":1,"_tag":"Hi"}\n', /line 1 is no message/],
    ["a gap", textOf(lines(3).filter(({ seq }) => seq !== 2)), /message 3 follows message 1: some are missing/],
    ["a repeated message", textOf([lines(1)[0]!, lines(1)[0]!]), /message 1 follows message 1/],
    ["a line without end", `{"a":"${"x".repeat(2 ** 20)}`, /line 1 is longer than 1048576 bytes/],
  ])("refuses %s", (_, text, message) => {
    expect(() => makeListener().hear(bytes(text))).toThrow(ProtocolError)
    expect(() => makeListener().hear(bytes(text))).toThrow(message)
  })

  it("refuses bytes that are no text", () => {
    expect(() => makeListener().hear(Uint8Array.of(0xff, 0xfe, 10))).toThrow(/line 1 is not UTF-8/)
  })
})
