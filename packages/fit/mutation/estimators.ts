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
] as const

/** Too slow for `npm test`, which takes one of the others. */
export const slow: ReadonlySet<string> = new Set(["overhead", "profile", "student"])

/** Share of mutants that must be found, per cent. */
export const threshold = 80
