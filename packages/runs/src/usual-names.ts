import type { Field } from "./mapping.ts"

/** Names that people give to the columns of training runs, as they read once case, punctuation and prefixes are gone. Our own name first. */
export const usualNames: Readonly<Record<Exclude<Field, "batch">, ReadonlyArray<string>>> = {
  eta: ["eta", "lr", "learning_rate", "peak_lr", "peak_learning_rate", "max_lr", "max_learning_rate", "base_lr"],
  tokens: [
    "tokens",
    "train_tokens",
    "training_tokens",
    "num_tokens",
    "n_tokens",
    "total_tokens",
    "num_train_tokens",
    "tokens_seen",
    "consumed_tokens",
    "horizon",
  ],
  loss: [
    "loss",
    "val_loss",
    "eval_loss",
    "valid_loss",
    "validation_loss",
    "loss_val",
    "loss_eval",
    "loss_validation",
    "final_loss",
    "smooth_loss",
  ],
  size: [
    "size",
    "params",
    "n_params",
    "num_params",
    "parameters",
    "n_parameters",
    "num_parameters",
    "model_size",
    "model_params",
    "non_embedding_params",
  ],
  width: [
    "width",
    "model_width",
    "d_model",
    "dmodel",
    "dim",
    "dim_model",
    "model_dim",
    "hidden_size",
    "hidden_dim",
    "n_embd",
    "n_embed",
    "embed_dim",
    "emb_dim",
    "embedding_dim",
  ],
  seed: ["seed", "random_seed"],
  steps: [
    "steps",
    "step",
    "iterations",
    "iters",
    "iter",
    "ti",
    "num_steps",
    "n_steps",
    "train_steps",
    "global_step",
    "trainer_global_step",
  ],
  warmupSteps: ["warmup_steps", "num_warmup_steps", "warmup_iters"],
  initialLoss: ["initial_loss", "init_loss"],
  average: ["average"],
  runId: ["run_id", "run", "run_name", "exp_name", "experiment_name", "trial_id", "name"],
  status: ["status", "state"],
}

/** Names of a batch that say it is in tokens, and names that do not say what it counts. */
export const batchNames = {
  tokens: [
    "batch_tokens",
    "tokens_per_batch",
    "batch_size_tokens",
    "batch_size_in_tokens",
    "tokens_per_step",
    "global_batch_tokens",
  ],
  unsaid: ["batch", "bs", "batch_size", "global_batch_size", "train_batch_size", "total_batch_size"],
} as const

/**
 * Single letters, where case matters: as in D = 20 N. None stands for the width: it parts models from each other, and an `h` may as well count heads or
 * hours.
 */
export const letters: Readonly<Record<string, Field>> = { D: "tokens", N: "size", B: "batch" }

export const sequenceLengthNames = [
  "seq_len",
  "seq_length",
  "sequence_length",
  "max_seq_len",
  "context_length",
  "ctx_len",
  "block_size",
]

/** Prefixes by which exports tell settings from results: W&B, Hugging Face, Optuna, TensorBoard. */
const prefix = /^(?:config|summary|params|hparams|user_attrs)[./_]/i

/** Factors that people write in brackets behind a name. */
const factors: Readonly<Record<string, number>> = {
  "": 1,
  k: 1e3,
  thousand: 1e3,
  m: 1e6,
  million: 1e6,
  b: 1e9,
  g: 1e9,
  billion: 1e9,
  t: 1e12,
  trillion: 1e12,
}

/** `millions of tokens`, `Btok`, `1e9`, `10^9`, `x 1e6`, `nats/token`. */
const factorOf = (unit: string): number | undefined => {
  const said = unit.toLowerCase().replace(/^(?:in\s+|[x×*]\s*)/, "")
  if (/^nats?(?:\s*(?:\/|per)\s*tok(?:en)?)?$/.test(said)) return 1
  if (/^bits?\s*(?:\/|per)\s*tok(?:en)?$/.test(said)) return Math.LN2
  const size = said.replace(/\s*(?:of )?(?:tok(?:en)?s?|param(?:eter)?s?)$/, "")
  const power = /^(?:1e|10\^|10\*\*)(\d{1,2})$/.exec(size)?.[1]
  return power === undefined ? factors[size.replace(/(?<=\w{4})s$/, "")] : Number(`1e${power}`)
}

export interface ReadName {
  /** Lower case, words joined by underscores, prefix and unit gone. */
  readonly plain: string
  /** As `plain`, but as written: for names of one letter. */
  readonly written: string
  /** What stands in brackets at the end. */
  readonly unit: string
  /** How many of our units one of its units is; absent where the brackets say something else. */
  readonly factor: number | undefined
}

/** Takes a column's name apart: `"config.lr"` is `lr`, `"eval/loss"` is `eval_loss`, `"N (millions)"` is N in units of 1e6. */
export const readName = (name: string): ReadName => {
  const [, body, unit] = /^(.*?)\s*(?:[([]\s*([^()[\]]*?)\s*[)\]])?\s*$/s.exec(name) ?? ["", name, ""]
  const written = body.trim().replace(prefix, "")
  const plain = written
    .replace(/([a-z0-9])([A-Z][a-z])/g, "$1_$2")
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "_")
    .replace(/^_+|_+$/g, "")
  return { plain, written, unit: unit ?? "", factor: factorOf(unit ?? "") }
}
