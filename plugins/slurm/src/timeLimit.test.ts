import { expect, it } from "vitest"
import { minutesOf } from "./timeLimit.ts"

it("reads what people and Slurm write", () => {
  const read = Object.fromEntries(
    ["4h", "30min", "1h 30min", "1.5h", "2d", "90s", "45", "0:30", "01:30:00", "1-12", "1-12:30", "1-12:00:00"].map(
      (text) => [text, minutesOf(text)],
    ),
  )
  expect(read).toEqual({
    "4h": 240,
    "30min": 30,
    "1h 30min": 90,
    "1.5h": 90,
    "2d": 2880,
    "90s": 2,
    "45": 45,
    "0:30": 1,
    "01:30:00": 90,
    "1-12": 2160,
    "1-12:30": 2190,
    "1-12:00:00": 2160,
  })
})

it("refuses the rest", () => {
  for (const text of ["", "soon", "4 hours or so", "-1", "0", "1:2:3:4", "4h; id", "1h\n#SBATCH --uid=0"])
    expect(minutesOf(text), text).toBeUndefined()
})
