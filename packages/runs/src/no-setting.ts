import { readName } from "./usual-names.ts"

/** Words in names of columns that say who, when, where and how fast, or what came out: they may differ between repeats of one setting. */
const words = new Set(
  [
    "seed seeds rng repeat repeats replicate replica rep trial attempt retry index idx id uuid number unnamed",
    "time times timestamp date datetime day days hour hours minute minutes second seconds sec secs ms created started ended updated",
    "runtime duration elapsed walltime wallclock",
    "throughput speed tps tflops mfu hfu util utilization memory mem vram cost energy",
    "host hostname node nodes machine gpu gpus cpu device devices cluster job slurm pid rank world worker workers",
    "loss losses ppl perplexity bpb bpc acc accuracy score metric result status state converged diverged finite",
    "iter iters iteration iterations step steps epoch epochs",
    "path dir directory folder file url link log logs checkpoint ckpt user author tag tags note notes comment commit sha hash git branch",
  ].flatMap((line) => line.split(" ")),
)

/** Words that make a setting of such a name: `z_loss_coef`, `warmup_steps`, `model_id`. */
const settings =
  /(?:^|_)(?:model|arch|architecture|coef|coefficient|weight|lambda|alpha|scale|type|kind|warmup|decay|cooldown|scheme|schedule)(?:_|$)/

/** Whether a column's name says that it is no setting of a run. */
export const isNoSetting = (name: string): boolean => {
  const { plain } = readName(name)
  if (/grad(?:ient)?_norm|per_sec/.test(plain)) return true
  return !settings.test(plain) && plain.split("_").some((word) => words.has(word))
}
