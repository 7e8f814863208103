/** The suite's own test: each kind of broken backend fails the case that is about its fault. */
import { Backend, closedFormBackend, memoryCheckpoints, type RunEvent } from "@ts/backend"
import { Effect, Layer, Stream } from "effect"
import { describe, expect, it } from "vitest"
import { backendCases, suite } from "./backendSuite.ts"

const sound = closedFormBackend({
  capabilities: {
    backend: "sound",
    device: "a formula",
    numerics: { f32: "sound-v1" },
    maxLanes: 4,
    concurrency: 1,
    deterministic: true,
    branching: false,
    checkpoints: false,
    averages: false,
    noiseScale: false,
    synthetic: true,
    maxima: {},
  },
  evaluation: "formula",
  run:
    ([{ spec }]) =>
    (at) =>
    () =>
      2 + (Math.log(spec.eta) + 5) ** 2 / 100 + at.tokens ** -0.5,
})

suite("a formula", sound)

type Service = Backend["Service"]
const broken = (change: (backend: Service) => Service): Layer.Layer<Backend> =>
  Layer.effect(Backend, Effect.map(Backend, change)).pipe(Layer.provide(sound))

const mapEvents = (f: (event: RunEvent, i: number) => ReadonlyArray<RunEvent>) =>
  broken((backend) => ({
    ...backend,
    train: (bundle) =>
      Stream.unwrap(
        Effect.map(Stream.runCollect(backend.train(bundle)), (events) => Stream.fromIterable(events.flatMap(f))),
      ),
  }))

const outcome = (layer: Layer.Layer<Backend>, name: RegExp) => {
  const found = backendCases().find((candidate) => name.test(candidate.name))
  if (found === undefined) throw new Error(`no case ${name}`)
  return Effect.runPromise(
    found.run.pipe(
      Effect.provide(Layer.fresh(Layer.merge(layer, memoryCheckpoints))),
      Effect.match({ onSuccess: () => "passes", onFailure: () => "fails" }),
      Effect.catchDefect(() => Effect.succeed("fails")),
    ),
  )
}

let noise = 0
const faults: ReadonlyArray<readonly [string, RegExp, Layer.Layer<Backend>]> = [
  ["forgets Finished", /in order/, mapEvents((event) => (event._tag === "Finished" ? [] : [event]))],
  ["tells a reading twice", /once each/, mapEvents((e) => (e._tag === "Evaluated" ? [e, e] : [e]))],
  [
    "reads at the tokens asked for, not at a step boundary",
    /first step boundary/,
    mapEvents((e) => (e._tag === "Evaluated" ? [{ ...e, tokens: e.requested }] : [e])),
  ],
  [
    "gives other numbers each time",
    /same numbers for the same spec/,
    mapEvents((e) => (e._tag === "Evaluated" ? [{ ...e, loss: e.loss + 1e-12 * ++noise }] : [e])),
  ],
  [
    "lets a bundle change its runs",
    /one by one/,
    broken((b) => ({
      ...b,
      train: (bundle) =>
        Stream.map(b.train(bundle), (e) => (e._tag === "Evaluated" ? { ...e, loss: e.loss + bundle.length } : e)),
    })),
  ],
  [
    "starts under another numericsId",
    /in order/,
    mapEvents((e) => (e._tag === "Started" ? [{ ...e, numericsId: "x" }] : [e])),
  ],
  [
    "accepts a batch smaller than a sequence",
    /batch smaller than a sequence/,
    broken((b) => ({ ...b, prepare: () => Effect.succeed({ data: [] }) })),
  ],
]

describe("the suite itself", () => {
  it.each(faults)("catches a backend that %s", async (_, name, layer) => {
    expect(await outcome(sound, name)).toBe("passes")
    expect(await outcome(layer, name)).toBe("fails")
  })
})
