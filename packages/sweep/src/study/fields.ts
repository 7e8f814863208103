/** The fields a study may have, and what an unknown one was probably meant to be. */
export const partFields = [
  "model",
  "parametrisation",
  "optimizer",
  "schedule",
  "batch",
  "horizon",
  "eta",
  "data",
  "seeds",
  "precision",
  "averages",
  "decays",
  "branches",
  "checkpointAt",
  "noiseScale",
  "logEvery",
] as const

/** Of a run that is stated outright. */
export const runFields = ["spec", "horizons", "probes", "averages", "checkpointAt", "noiseScale", "logEvery"] as const

export const studyFields = ["version", "name", ...partFields, "parts", "runs", "adaptive"] as const

const distance = (a: string, b: string): number => {
  let row = Array.from({ length: b.length + 1 }, (_, j) => j)
  for (let i = 1; i <= a.length; i++) {
    const next = [i]
    for (let j = 1; j <= b.length; j++) {
      next[j] = Math.min(row[j] + 1, next[j - 1] + 1, row[j - 1] + (a[i - 1] === b[j - 1] ? 0 : 1))
    }
    row = next
  }
  return row[b.length]
}

const others: Record<string, string> = {
  lr: "eta",
  learning_rate: "eta",
  learningRate: "eta",
  batches: "batch",
  batch_size: "batch",
  seed: "seeds",
  steps: "horizon",
  tokens: "horizon",
  width: "d_model",
  depth: "n_layers",
  heads: "n_heads",
  warmup_steps: "warmup",
  decay: "decays",
  cooldown: "decays",
  branch: "branches",
}

/** ` did you mean ...?`, or the fields there are. */
export const wayOut = (unknown: string, known: ReadonlyArray<string>): string => {
  const near = known
    .map((name) => [name, distance(unknown.toLowerCase(), name.toLowerCase())] as const)
    .sort((a, b) => a[1] - b[1])[0]
  const guess = others[unknown] ?? (near !== undefined && near[1] <= 2 ? near[0] : undefined)
  if (guess !== undefined) return `unknown field; did you mean \`${guess}\`?`
  return known.length === 0 ? "unknown field; remove it" : `unknown field; the fields are ${known.join(", ")}`
}
