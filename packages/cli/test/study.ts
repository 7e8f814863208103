/** A study of a few tiny trunks: under a second of training. */
import { writeFileSync } from "node:fs"
import { join } from "node:path"

export type Fields = Record<string, unknown>

export const small = {
  name: "small",
  model: { d_model: 32, n_layers: 1, n_heads: 2, max_seq_len: 16 },
  parametrisation: { kind: "mup", baseWidth: 32 },
  optimizer: { kind: "adamw", betas: [0.9, 0.95], decay: "independent" },
  schedule: { kind: "constant_with_warmup", warmup: 256 },
  batch: [64, 128],
  horizon: [1024, 2048],
  eta: [0.002, 0.008],
  data: { synthetic: { vocabulary: 64, order: 1, seed: 1 }, validation: { tokens: 256, seed: 1 } },
  logEvery: 256,
} satisfies Fields

/** Writes `small`, changed, as a JSON study; returns the file's name. */
export const writeStudy = (folder: string, changes: Fields = {}, name = "study.json"): string => {
  writeFileSync(join(folder, name), JSON.stringify({ ...small, ...changes }))
  return name
}
