/** A small study for tests: two learning rates by three batches, two horizons. */
import { Study, type StudyInput } from "@ts/sweep"

export const studyInput = {
  name: "small",
  model: { d_model: 32, n_layers: 1, n_heads: 2, max_seq_len: 16, vocab_size: 64 },
  parametrisation: { kind: "mup", baseWidth: 32 },
  optimizer: { kind: "adamw", decay: "independent" },
  schedule: { kind: "constant_with_warmup", warmup: 128 },
  batch: [32, 64, 128],
  horizon: [1024, 2048],
  eta: [0.01, 0.02],
  data: { synthetic: { vocabulary: 64, order: 1, seed: 1 }, validation: { tokens: 512, seed: 1 } },
  seeds: [1, 2],
} as const satisfies StudyInput

export const small = Study.make(studyInput)

export const withFields = (fields: Partial<StudyInput>) => Study.make({ ...studyInput, ...fields } as StudyInput)
