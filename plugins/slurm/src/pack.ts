/** Which bundles go into one job: short ones share it, so that nobody waits in the queue for a minute of training. */

export interface PackOptions {
  /** What a job should take at least, seconds. */
  readonly jobSeconds: number
  /** Jobs that may run at the same time: never fewer jobs than that, as long as there are bundles. */
  readonly slots: number
  /** Most jobs in one array. */
  readonly maxJobs: number
}

/**
 * Indices of the bundles of each job: the longest first onto the job with the least to do, in the order given where they are equal.
 *
 * @param seconds what each bundle takes
 */
export const pack = (
  seconds: ReadonlyArray<number>,
  { jobSeconds, slots, maxJobs }: PackOptions,
): ReadonlyArray<ReadonlyArray<number>> => {
  const total = seconds.reduce((sum, each) => sum + each, 0)
  const wanted = Math.max(Math.ceil(total / jobSeconds), Math.min(slots, seconds.length))
  const jobs = Array.from({ length: Math.max(1, Math.min(wanted, maxJobs, seconds.length)) }, () => ({
    load: 0,
    bundles: [] as Array<number>,
  }))
  const longestFirst = seconds.map((_, i) => i).sort((a, b) => seconds[b]! - seconds[a]!)
  for (const i of longestFirst) {
    const job = jobs.reduce((least, other) => (other.load < least.load ? other : least))
    job.load += seconds[i]!
    job.bundles.push(i)
  }
  return jobs.map(({ bundles }) => bundles)
}
