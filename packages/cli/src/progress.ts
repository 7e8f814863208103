/** Progress of a sweep on stderr: one line that stays on a terminal, a line now and then in a log. */
import type { Progress } from "@ts/sweep"
import { compact, duration } from "./output.ts"

const bar = (share: number, width: number): string => {
  const filled = Math.round(Math.min(1, Math.max(0, share)) * width)
  return "█".repeat(filled) + "░".repeat(width - filled)
}

export const progressLine = ({ runsDone, runs, tokensDone, tokens, tokensPerSecond, secondsLeft }: Progress): string =>
  [
    `${bar(tokens === 0 ? 1 : tokensDone / tokens, 15)}  ${runsDone}/${runs} runs`,
    `${compact(tokensDone)}/${compact(tokens)} tokens`,
    ...(tokensPerSecond > 0 ? [`${compact(tokensPerSecond)} tok/s`] : []),
    ...(secondsLeft === undefined ? [] : [`${duration(secondsLeft)} left`]),
  ].join(" · ")

export interface ProgressPrinter {
  readonly show: (progress: Progress) => void
  /** Ends the line that stays. */
  readonly close: () => void
}

/** Milliseconds between lines of a log. */
const logEvery = 30_000

export const progressPrinter = (stream: NodeJS.WriteStream = process.stderr): ProgressPrinter => {
  let last = Number.NEGATIVE_INFINITY
  let open = false
  return {
    show: (progress) => {
      const now = performance.now()
      if (stream.isTTY) {
        if (now - last < 100) return
        const line = `training     ${progressLine(progress)}      Ctrl-C keeps everything`
        stream.write(`\r\x1b[2K${line.slice(0, (stream.columns ?? 120) - 1)}`)
        open = true
      } else {
        if (now - last < logEvery) return
        stream.write(`training     ${progressLine(progress)}\n`)
      }
      last = now
    },
    close: () => {
      if (open) stream.write("\n")
      open = false
    },
  }
}
