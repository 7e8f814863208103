/** Progress of a sweep on stderr: one line that stays on a terminal, a line now and then in a log. */
import type { Progress } from "@ts/sweep"
import { compact, duration } from "./output.ts"

const bar = (share: number, width: number): string => {
  const filled = Math.round(Math.min(1, Math.max(0, share)) * width)
  return "█".repeat(filled) + "░".repeat(width - filled)
}

export const progressLine = ({
  runsDone,
  runs,
  queued,
  tokensDone,
  tokens,
  tokensPerSecond,
  secondsLeft,
}: Progress): string =>
  [
    `${bar(tokens === 0 ? 1 : tokensDone / tokens, 15)}  ${runsDone}/${runs} runs`,
    ...(queued > 0 ? [`${queued} queued`] : []),
    `${compact(tokensDone)}/${compact(tokens)} tokens`,
    ...(tokensPerSecond > 0 ? [`${compact(tokensPerSecond)} tok/s`] : []),
    ...(secondsLeft === undefined ? [] : [`${duration(secondsLeft)} left`]),
  ].join(" · ")

export interface ProgressPrinter {
  readonly show: (progress: Progress) => void
  /** What is done before there is progress; only a terminal is told. */
  readonly wait: (text: string) => void
  /** Ends the line that stays, with the last that was to be shown. */
  readonly close: () => void
}

/** Milliseconds between lines of a log, and between changes of a terminal's line. */
const logEvery = 30_000
const drawEvery = 100

export const progressPrinter = (stream: NodeJS.WriteStream = process.stderr): ProgressPrinter => {
  let last = Number.NEGATIVE_INFINITY
  let open = false
  let unshown: string | undefined
  const draw = (line: string) => {
    stream.write(`\r\x1b[2K${line.slice(0, (stream.columns || 120) - 1)}`)
    open = true
    unshown = undefined
  }
  return {
    wait: (text) => {
      if (stream.isTTY) draw(text)
    },
    show: (progress) => {
      const now = performance.now()
      const line = `training     ${progressLine(progress)}`
      if (now - last < (stream.isTTY ? drawEvery : logEvery)) {
        unshown = line
        return
      }
      if (stream.isTTY) draw(`${line}      Ctrl-C keeps everything`)
      else stream.write(`${line}\n`)
      last = now
    },
    close: () => {
      if (!open) return
      if (unshown !== undefined) draw(unshown)
      stream.write("\n")
      open = false
    },
  }
}
