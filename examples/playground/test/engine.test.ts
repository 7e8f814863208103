import { describe, expect, it, onTestFinished } from "vitest"
import { makeEngine } from "../src/engine/engine.ts"
import type { EngineOrder, EngineReport } from "../src/engine/messages.ts"
import { hearEngine } from "../src/page/hear.ts"
import { opening, type State } from "../src/page/State.ts"
import { statusText } from "../src/page/standing.ts"
import { type Choice, initialChoice } from "../src/studies/Choice.ts"

const atRest = "25 runs to train. Nothing is kept: export before you close the page."
const transformer: Choice = { preset: "transformer", settings: { longest: 13 } }

/** An engine, what it said, and the page's state of it. */
const begin = (choice: Choice, text?: Blob) => {
  const reports: Array<EngineReport> = []
  const waiting = new Map<EngineReport["is"], () => void>()
  let state: State = opening(choice, false)
  const engine = makeEngine((report) => {
    reports.push(report)
    state = hearEngine(state, report)
    waiting.get(report.is)?.()
  })
  onTestFinished(() => engine({ do: "close" }))
  const order: EngineOrder = { do: "open", choice, kept: false, wish: "processor" }
  const heard = (is: EngineReport["is"]) => new Promise<void>((resolve) => waiting.set(is, resolve))
  const said = () => reports.map(({ is }) => is)
  return {
    engine,
    heard,
    said,
    status: () => statusText(state),
    open: () => engine(text === undefined ? order : { ...order, text }),
  }
}

describe("the engine", () => {
  it("pauses before it has begun, and goes on", async () => {
    const { engine, heard, said, status, open } = begin(transformer)
    const measuring = heard("measuring")
    await open()
    await measuring
    expect(status()).toContain("measuring how long they take here")
    const run = engine({ do: "run", watchable: false })
    await Promise.all([run, engine({ do: "pause" })])
    expect(said()).toContain("paused")
    expect(said()).not.toContain("running")
    expect(status()).toBe(atRest)
    const running = heard("running")
    await engine({ do: "run", watchable: false })
    await running
    await engine({ do: "pause" })
    expect(said().at(-1)).toBe("paused")
  })

  it("says no longer that it measures, where it cannot", async () => {
    const text = { sha256: "0".repeat(64), name: "few words", bytes: 50_000 }
    const { heard, said, status, open } = begin(initialChoice("own-text", text), new Blob(["few words"]))
    const measured = heard("measured")
    await open()
    await measured
    expect(said()).toEqual(["opened", "rows", "measuring", "measured"])
    expect(status()).toBe(atRest)
  })

  it("closes before it has begun", async () => {
    const { engine, heard, said, open } = begin(transformer)
    const measuring = heard("measuring")
    await open()
    await measuring
    await Promise.all([engine({ do: "run", watchable: false }), engine({ do: "close" })])
    expect(said().at(-1)).toBe("closed")
    expect(said()).not.toContain("failed")
    expect(said()).not.toContain("running")
  })
})
