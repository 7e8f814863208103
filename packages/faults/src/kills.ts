/** Sweeps that are killed again and again, and come to the same end. */
import { setTimeout as sleep } from "node:timers/promises"
import type { Bench } from "./bench.ts"
import { type Ended, startDriver } from "./drive.ts"
import type { Kill } from "./driverTask.ts"
import { inFolder, verify } from "./verify.ts"

export interface Killing {
  readonly kill?: Kill
  /** Or from outside, so many milliseconds after it has the store. */
  readonly after?: number
  /** Milliseconds that each commit takes longer, so that there is time to kill. */
  readonly slow?: number
}

export interface Toll {
  readonly kills: number
  /** Studies that came to their end, each verified. */
  readonly studies: number
  readonly acknowledged: number
}

export interface KillingOptions {
  readonly tell?: (toll: Toll) => void
  /** Before the first driver of a study. */
  readonly prepare?: (folder: string) => void
  /** After the last, when the study was verified. */
  readonly finished?: (folder: string) => void
}

const startKilling = async (bench: Bench, folder: string, { kill, after, slow = 0 }: Killing): Promise<Ended> => {
  const driving = startDriver({ backend: bench.backend, folder, slow, ...(kill === undefined ? {} : { kill }) })
  if (after !== undefined) {
    await driving.began
    await Promise.race([sleep(after), driving.ended])
    driving.process.kill("SIGKILL")
  }
  return driving.ended
}

const MOST_SPARED = 100

/** A sweep that was not killed has to have finished all of its runs. */
export const expectFinished = ({ summary, error }: Ended): void => {
  if (error !== undefined) throw new Error(`the sweep ended with ${error._tag} ${error.reason}: ${error.message}`)
  const failed = summary?.failed ?? []
  if (failed.length > 0) throw new Error(`${failed.length} runs failed: ${failed[0]!.message}`)
}

/**
 * Kills the drivers of one study after another until there were `kills` of them (or, where `kills` is infinite, until a
 * study ends by itself); each study goes on to its end and is verified.
 */
export const killing = async (
  bench: Bench,
  kills: number,
  next: (kill: number, study: number) => Killing,
  { tell, prepare, finished }: KillingOptions = {},
): Promise<Toll> => {
  let toll: Toll = { kills: 0, studies: 0, acknowledged: 0 }
  // Lives that end before their kill, one after another: then it never comes.
  let spared = 0
  do {
    if (++spared > MOST_SPARED) throw new Error(`${MOST_SPARED} drivers came to their end before they could be killed`)
    await inFolder(bench, async (folder) => {
      prepare?.(folder)
      for (;;) {
        const ended = await startKilling(bench, folder, toll.kills < kills ? next(toll.kills, toll.studies) : {})
        if (ended.killed) {
          spared = 0
          toll = { ...toll, kills: toll.kills + 1 }
          tell?.(toll)
          continue
        }
        expectFinished(ended)
        const { acknowledged } = await verify(bench, folder)
        finished?.(folder)
        toll = { ...toll, studies: toll.studies + 1, acknowledged: toll.acknowledged + acknowledged }
        return
      }
    })
  } while (toll.kills < kills && kills !== Number.POSITIVE_INFINITY)
  return toll
}
