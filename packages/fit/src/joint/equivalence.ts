import type { TrunkBlock } from "../blocks.ts"
import type { Equivalence, NoiseLevel } from "../law.ts"
import type { Profile } from "../profiles.ts"
import { type Estimate, notIdentified, type Result } from "../result.ts"
import { widthVerdict } from "../width.ts"
import type { Skew } from "../windowed.ts"
import { fitForm, originOf, termsOf } from "./fit-form.ts"
import { forms } from "./form.ts"
import { gatherEvidence } from "./gather.ts"
import { parameterCount } from "./objective.ts"
import type { Solved } from "./plain.ts"
import { sizeExponentOf } from "./quantities.ts"

/** Whether two models share the law of the bell. */
export interface LawEquivalence {
  /** Of the place of the peak, B_crit. */
  readonly peakBatch: Equivalence
  /** Of its height, eta_crit. */
  readonly peakEta: Equivalence
}

/**
 * Equivalence of the laws of two widths by two one-sided tests (Schuirmann 1987): one bell is fitted to the profiles of both, with a factor between their
 * peaks and one between their heights, the same at all horizons. They are equivalent where the whole interval of the factor lies inside
 * the margin; an interval that merely holds one is no agreement. (With a 90 % interval each test is at 5 %.)
 *
 * @param second which profiles are of the second width; the others are of the first
 * @param margin octaves, of the height; that of the place is twice as wide, since eta* goes like the root of a batch far from the peak
 */
export const lawEquivalence = (
  trunks: ReadonlyArray<TrunkBlock>,
  profiles: ReadonlyArray<Profile>,
  noise: NoiseLevel,
  skew: Skew,
  second: (profile: Profile) => boolean,
  options: { readonly margin: number; readonly level: number },
): LawEquivalence => {
  const { evidence, members } = gatherEvidence(trunks, profiles, noise, skew)
  // The place of a size in the law holds the width's number here: its exponent is the logarithm of the factor.
  members.forEach((profile, cell) => {
    evidence.lnSize[cell] = second(profiles[profile]) ? 1 : 0
  })
  const terms = termsOf(evidence, true)
  const origin = originOf(evidence)
  const p = parameterCount({ form: forms.bell, terms })
  const margins = { scale: 2 * options.margin, height: options.margin }
  if (!terms.size || evidence.cells <= p) {
    const why = notIdentified(
      "too-few-cells",
      `${evidence.cells} loss profiles of both widths: a law for each needs more than ${p}; measure more cells.`,
      evidence.cells,
    )
    const none = (margin: number): Equivalence => ({ difference: why, margin, verdict: "not identified" })
    return { peakBatch: none(margins.scale), peakEta: none(margins.height) }
  }
  const fit = fitForm(evidence, "bell", { terms, origin })
  const solved: Solved = {
    problem: { form: forms.bell, terms, origin, evidence, scatter: fit.scatter ** 2 },
    parameters: fit.parameters,
    misfit: fit.misfit,
    degrees: fit.scatter > 0 ? Math.min(noise.degrees || Infinity, fit.degrees) : noise.degrees,
  }
  const compare = (of: "scale" | "height"): Equivalence => {
    const { value, ends, error } = sizeExponentOf(solved, of, options.level)
    const octaves = (x: number) => x / Math.LN2
    const open = !Number.isFinite(ends.low) || !Number.isFinite(ends.high)
    const difference: Result = open
      ? notIdentified(
          "ill-conditioned",
          `The ${of === "scale" ? "peaks" : "heights"} of the two widths cannot be compared: measure batches on both sides of the peak at both.`,
          evidence.cells,
        )
      : ({
          _tag: "Estimate",
          value: octaves(value),
          scale: "linear",
          standardError: octaves(error),
          interval: { low: octaves(ends.low), high: octaves(ends.high), level: options.level },
          n: evidence.cells,
          notes: [],
        } satisfies Estimate)
    return {
      difference,
      margin: margins[of],
      verdict: open ? "not identified" : widthVerdict(octaves(ends.low), octaves(ends.high), margins[of]),
    }
  }
  return { peakBatch: compare("scale"), peakEta: compare("height") }
}
