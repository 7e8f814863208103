/** Files whose mutants must be found by the tests beside them: `NAME.ts` by `NAME.test.ts` and `NAME.*.test.ts` alone. */
export const estimators = [
  "best-batch",
  "distinct",
  "divergence",
  "least-squares",
  "levels",
  "monotone",
  "overhead",
  "parabola",
  "power-law",
  "profile",
  "regime",
  "steps-to-target",
  "student",
  "window",
  "bell",
  "blocks",
  "noise",
  "resample",
  "skewed",
  "windowed",
  "joint/compare",
  "joint/gather",
  "joint/held-out",
  "joint/minimise",
  "joint/objective",
  "joint/peak",
] as const

/** Too slow for `npm test`, which takes one of the others. */
export const slow: ReadonlySet<string> = new Set([
  "overhead",
  "profile",
  "student",
  "bell",
  "noise",
  "resample",
  "windowed",
  "joint/compare",
  "joint/gather",
  "joint/held-out",
  "joint/objective",
  "joint/peak",
])

/** Share of mutants that must be found, per cent. */
export const threshold = 80
