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
  width: ["width", "d_model", "hidden_size", "hidden_dim", "n_embd", "model_dim"],
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

/** Single letters, where case matters: as in D = 20 N. */
export const letters: Readonly<Record<string, Field>> = { D: "tokens", N: "size", B: "batch", h: "width" }

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
  tokens: 1,
  nats: 1,
  k: 1e3,
  thousands: 1e3,
  m: 1e6,
  mtok: 1e6,
  millions: 1e6,
  b: 1e9,
  g: 1e9,
  gtok: 1e9,
  billions: 1e9,
  t: 1e12,
  trillions: 1e12,
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
  return { plain, written, unit: unit ?? "", factor: factors[(unit ?? "").toLowerCase()] }
}
