/** Optuna's tree-structured Parzen estimator, where a Python has it. */
import { spawn, spawnSync } from "node:child_process"
import { createInterface } from "node:readline"
import type { Row } from "../../packages/fit/src/index.ts"
import { ratesOf, type Spent } from "./strategies.ts"
import type { World } from "./world.ts"

export const hasOptuna = (python: string): string | undefined => {
  const { status, stdout } = spawnSync(python, ["-c", "import optuna; print(optuna.__version__)"], { encoding: "utf8" })
  return status === 0 ? stdout.trim() : undefined
}

export interface Tpe {
  /** One trial at every batch in turn, to the longest horizon and read on the way; what TPE is told is the loss there. */
  readonly search: (world: World, seed: number) => AsyncGenerator<Spent>
  readonly close: () => void
}

export const openTpe = (python: string): Tpe => {
  const child = spawn(python, [new URL("tpe.py", import.meta.url).pathname], { stdio: ["pipe", "pipe", "inherit"] })
  const answers = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  const request = async (question: object): Promise<{ trial: number; value: number }> => {
    child.stdin.write(`${JSON.stringify(question)}\n`)
    const { value, done } = await answers.next()
    if (done) throw new Error("Optuna ended")
    return JSON.parse(value)
  }
  async function* search(world: World, seed: number): AsyncGenerator<Spent> {
    const rates = ratesOf(world)
    const longest = world.horizons[world.horizons.length - 1]
    const rows: Array<Row> = []
    let tokens = 0
    for (let round = 1; ; round++)
      for (const [b, batch] of world.batches.entries()) {
        const study = `${world.asked} ${seed} ${batch}`
        const [low, high] = [Math.log(rates[b][0]), Math.log(rates[b][8])]
        const { trial, value } = await request({ ask: study, low, high, seed: seed * 100 + b })
        const read = world.train({ batch, eta: Math.exp(value), seed: round, at: world.horizons })
        rows.push(...read)
        const { loss } = read[read.length - 1]
        await request({ tell: study, trial, loss: Number.isNaN(loss) ? null : loss })
        tokens += read.find(({ status }) => status === "diverged")?.tokens ?? longest
        yield { tokens, rows: [...rows] }
      }
  }
  return { search, close: () => child.stdin.end() }
}
