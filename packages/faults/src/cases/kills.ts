/** Drivers that are killed, with SIGKILL. */
import type { CaseOptions, FaultCase } from "../faultCase.ts"
import { moments } from "../journalMoments.ts"
import { killing } from "../kills.ts"

export const killCases = ({ kills = 4 }: CaseOptions): ReadonlyArray<FaultCase> => [
  {
    name: `${kills} kills inside, before and after the commit of a journal event`,
    run: async (bench) => {
      await killing(bench, kills, (i, study) => ({
        kill: {
          at: "event",
          moment: moments[i % moments.length]!,
          // Each life gets a part of the way.
          nth: 1 + bench.draw(`event ${i} ${study}`, Math.ceil((2 * bench.events) / kills)),
        },
      }))
    },
  },
  {
    name: `${kills} kills at random instants`,
    run: async (bench) => {
      await killing(bench, kills, (i, study) => ({
        slow: 2,
        after: bench.draw(`instant ${i} ${study}`, Math.ceil((8 * bench.events) / kills)),
      }))
    },
  },
  {
    name: `${kills} kills between the writes of a checkpoint`,
    skip: ({ capabilities }) => (capabilities.checkpoints ? undefined : "it keeps no checkpoints"),
    run: async (bench) => {
      await killing(bench, kills, (i, study) => ({
        kill: { at: "file change", nth: 1 + bench.draw(`change ${i} ${study}`, 40) },
      }))
    },
  },
]
