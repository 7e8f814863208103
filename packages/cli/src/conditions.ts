/** What a study's law holds for, in words: the fields its runs share, with all their values. */
import type { RunSpec } from "@ts/backend"
import type { Conditions } from "@ts/fit"
import type { StudyRun } from "@ts/sweep"
import { compact } from "./output.ts"

const distinct = (runs: ReadonlyArray<StudyRun>, text: (spec: RunSpec) => string): string =>
  [...new Set(runs.map(({ spec }) => text(spec)))].join(" | ")

const model = ({ model: m }: RunSpec): string =>
  `MPT, ${m.n_layers} layers, ${m.n_heads} heads, sequence ${m.max_seq_len}, vocabulary ${m.vocab_size}, ${m.positions}`

const parametrisation = ({ parametrisation: p }: RunSpec): string =>
  p.kind === "standard" ? "standard" : `${p.kind === "mup" ? "muP" : "CompleteP"}, base width ${p.baseWidth}`

const optimizer = ({ optimizer: o }: RunSpec): string => {
  const own = o.kind === "adamw" ? `AdamW (${o.betas.join(", ")})` : `${o.kind}, momentum ${o.momentum}`
  const decay = o.weightDecay === 0 ? "no weight decay" : `weight decay ${o.weightDecay} ${o.decay}`
  return `${own}, ${decay}, clip ${o.clip ?? "off"}`
}

const schedule = ({ schedule: s }: RunSpec): string => {
  const warmup = "warmup" in s ? ` after ${compact(s.warmup)} tokens of warmup` : ""
  const words = {
    constant: "constant",
    constant_with_warmup: `constant${warmup}`,
    warmup_stable_decay: `stable${warmup}, then decay`,
    cosine: `cosine${warmup}`,
    linear: `linear to zero${warmup}`,
    power: `power of tokens${warmup}`,
  }
  return words[s.kind]
}

const data = ({ data: { source, tokenizer } }: RunSpec): string => {
  const from =
    source.kind === "hub"
      ? `${source.repo}${source.config === undefined ? "" : `/${source.config}`}`
      : source.kind === "package"
        ? `${source.name} ${source.version}`
        : source.kind === "files"
          ? source.paths.join(", ")
          : `synthetic, ${source.vocabulary} tokens`
  return `${from}, ${tokenizer.kind === "bpe" ? `BPE ${tokenizer.vocabulary}` : tokenizer.kind}`
}

/** Of the runs themselves, without what hangs on them: branches and decays are readings of another kind. */
export const conditionsOf = (all: ReadonlyArray<StudyRun>): Conditions => {
  const runs = all.filter(({ spec }) => spec.origin === undefined)
  return {
    schedule: distinct(runs, schedule),
    parametrisation: distinct(runs, parametrisation),
    optimizer: distinct(runs, optimizer),
    model: distinct(runs, model),
    data: distinct(runs, data),
    seeds: distinct(runs, (spec) => String(spec.seed)),
  }
}
