import { Schema } from "effect"
import { expect, it } from "vitest"
import type { Assignment, Capabilities } from "./Backend.ts"
import { checkCapable } from "./checkCapable.ts"
import { RunSpec, type RunSpecInput } from "./RunSpec.ts"

const capabilities: Capabilities = {
  ...{ backend: "b", device: "d", numerics: { f32: "b-f32" }, maxLanes: 1, concurrency: 1, deterministic: true },
  ...{ branching: false, checkpoints: true, averages: false, noiseScale: false, synthetic: false },
  maxima: { "model.d_model": 64, "model.max_seq_len": 128 },
}

const assignment = (change: Partial<RunSpecInput> = {}, readings: Partial<Assignment> = {}): Assignment => ({
  spec: Schema.decodeUnknownSync(RunSpec)({
    model: { d_model: 64, n_layers: 1, n_heads: 2, max_seq_len: 16, vocab_size: 64 },
    parametrisation: { kind: "standard" },
    optimizer: { kind: "adamw", decay: "independent" },
    eta: 0.01,
    schedule: { kind: "constant" },
    batch: { kind: "constant", tokens: 64 },
    data: {
      source: { kind: "synthetic", vocabulary: 64, order: 1, seed: 1 },
      tokenizer: { kind: "none" },
      validation: { tokens: 256, seed: 1 },
      seed: 1,
    },
    seed: 1,
    ...change,
  }),
  ...{ until: 1024, evaluateAt: [1024], checkpointAt: [], averages: [] },
  ...readings,
})
const wide = { d_model: 128, n_layers: 1, n_heads: 2, max_seq_len: 16, vocab_size: 64 }
const origin = { parent: "0".repeat(16), at: 64 }

it.each<[string, Assignment, object]>([
  ["a precision", assignment({ precision: "bf16" }), { reason: "Unsupported", field: "precision" }],
  [
    "a size",
    assignment({ model: wide }),
    { reason: "Unsupported", field: "model.d_model", message: /128 is more than the 64/ },
  ],
  ["a branch", assignment({ origin }), { reason: "Unsupported", field: "origin" }],
  ["averages", assignment({}, { averages: [0.9] }), { reason: "Unsupported", field: "averages" }],
  ["a contradiction", assignment({}, { evaluateAt: [2048] }), { reason: "InvalidSpec", field: "evaluateAt" }],
])("refuses %s that the manifest rules out", (_, one, { message, ...fields }: { message?: RegExp }) => {
  expect(checkCapable(capabilities, [assignment()])).toBeUndefined()
  const error = checkCapable(capabilities, [assignment(), one])
  expect(error).toMatchObject({ _tag: "BackendError", backend: "b", retryable: false, ...fields })
  if (message !== undefined) expect(error!.message).toMatch(message)
})
