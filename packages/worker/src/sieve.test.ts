import type { RunEvent } from "@ts/backend"
import { runId } from "@ts/backend"
import { fixtureStudy } from "@ts/backend-conformance"
import { describe, expect, it } from "vitest"
import { makeSieve } from "./sieve.ts"

const study = fixtureStudy()
const assignment = study.assignment({}, { averages: [0.9] })
const id = runId(assignment.spec)

const started = (tokens: number): RunEvent => ({
  _tag: "Started",
  runId: id,
  tokens,
  numericsId: "n",
  synthetic: false,
})
const read = (requested: number, average = "none"): RunEvent => ({
  _tag: "Evaluated",
  runId: id,
  tokens: requested,
  requested,
  step: 1,
  average,
  evaluation: "e",
  loss: 2,
})
const stepped = (tokens: number): RunEvent => ({
  _tag: "Stepped",
  runId: id,
  tokens,
  step: tokens / 64,
  loss: 2,
  gradientNorm: 1,
  eta: 0.1,
})
const finished: RunEvent = { _tag: "Finished", runId: id, tokens: 2048, step: 32 }

describe("makeSieve", () => {
  it("tells each thing once over two attempts, in the order of tokens", () => {
    const { isNews } = makeSieve([assignment])
    const first = [started(0), stepped(256), read(512), read(512, "ewa:0.9"), stepped(640)]
    // The second attempt starts from an earlier checkpoint and comes past the same places.
    const second = [started(256), stepped(512), read(512), stepped(640), stepped(896), read(1000), finished, read(2048)]
    expect(first.filter(isNews)).toEqual(first)
    expect(second.filter(isNews)).toEqual([stepped(896), read(1000), finished])
  })

  it("knows what is still to be told", () => {
    const { isNews, left, isOver } = makeSieve([assignment])
    for (const event of [started(0), read(512), read(512, "ewa:0.9"), read(1000)]) isNews(event)
    expect(left()).toEqual([{ ...assignment, evaluateAt: [1000, 2048] }])
    expect(isOver(id)).toBe(false)
    isNews(finished)
    expect(left()).toEqual([])
    expect(isOver(id)).toBe(true)
  })

  it("drops readings that were not asked for, and strangers", () => {
    const { isNews } = makeSieve([assignment])
    expect(isNews(read(100))).toBe(false)
    expect(isNews({ ...finished, runId: "f".repeat(16) })).toBe(false)
  })
})
