/** What `@ts/fit` says about a study, under the names that check.py gives its answers. */
import { type Bell, isEstimate, type Law, type PowerLaw, powerLaw } from "../../packages/fit/src/index.ts"
import type { Answers } from "./answers.ts"
import { endsOf, errorOf, known, valueOf } from "./known.ts"

export const studyAnswers = (law: Law): Answers => ({
  ...cellAnswers(law),
  ...evidenceAnswers(law),
  ...jointAnswers(law),
  ...horizonAnswers(law),
})

const cellAnswers = ({ cells }: Law): Answers => {
  const all = (pick: "eta" | "loss" | "curvature") =>
    cells.map((cell) => known(cell[pick], `${pick} at batch ${cell.batch} and ${cell.tokens} tokens`))
  const [eta, loss, curvature] = [all("eta"), all("loss"), all("curvature")]
  return {
    "eta*": { values: eta.map(valueOf) },
    "standard errors of ln eta*": { values: eta.map(errorOf) },
    "ends of the intervals of eta*": { values: eta.flatMap(endsOf) },
    "loss at eta*": { values: loss.map(valueOf) },
    "standard errors of the loss": { values: loss.map(errorOf) },
    "curvature at eta*": { values: curvature.map(valueOf) },
    "standard errors of the curvature": { values: curvature.map(errorOf) },
  }
}

const evidenceAnswers = ({ noise, joint }: Law): Answers => {
  if (joint === undefined) throw new Error("the study has no joint law")
  const { slope, curvature, slopeBySkew, curvatureBySkew, blocks } = joint.evidence
  const n = slope.length
  const covariance = Array.from({ length: 2 * n }, () => new Array<number>(2 * n).fill(0))
  let first = 0
  for (const { cells, slopes, mixed, curvatures } of blocks) {
    for (let i = 0; i < cells; i++)
      for (let j = 0; j < cells; j++) {
        const at = i * cells + j
        covariance[first + i][first + j] = slopes[at]
        covariance[n + first + i][n + first + j] = curvatures[at]
        covariance[first + i][n + first + j] = mixed[at]
        covariance[n + first + j][first + i] = mixed[at]
      }
    first += cells
  }
  return {
    "shared part of the noise": { values: [noise.shared] },
    ...(noise.source === "supplied"
      ? {}
      : {
          "deviation of the noise": { values: [noise.deviation] },
          "degrees of freedom of the noise": { values: [noise.degrees] },
        }),
    "slopes at the reference rates": { values: slope },
    "curvatures at the reference rates": { values: curvature },
    "how slopes follow the skew": { vector: slopeBySkew },
    "how curvatures follow the skew": { vector: curvatureBySkew },
    "covariance of slopes and curvatures": { covariance },
  }
}

const jointAnswers = ({ powerLaws, joint, bells }: Law): Answers => {
  const { peakBatch, peakEta } = powerLaws
  const [batch, eta] = [peakBatch, peakEta].map(({ prefactor }) => known(prefactor, "the peak"))
  const [growth, climb] = [peakBatch, peakEta].map(({ exponent }) => known(exponent, "an exponent of the peak"))
  const at = (pick: "peakBatch" | "peakEta") => (b: Bell) => known(b[pick], `the peak at ${b.tokens} tokens`)
  const fittedBy = (how: string): Answers => ({
    [`joint bell, ${how}: peak, height`]: { values: [batch.value, eta.value] },
    [`joint bell, ${how}: exponents of peak, height`]: { values: [growth.value, climb.value] },
    [`joint bell, ${how}: least misfit`]: { values: [joint?.fits.bell?.misfit ?? NaN] },
  })
  return {
    ...fittedBy("misfit from its definition"),
    ...fittedBy("all unknowns fitted"),
    "joint bell: covariance of ln height, exponent": { covariance: covarianceOf([peakEta]) },
    "joint bell: covariance of ln peak, exponent": { covariance: covarianceOf([peakBatch]) },
    "joint bell: standard errors of ln peak, ln height by horizon": {
      values: bells.flatMap((b) => [errorOf(at("peakBatch")(b)), errorOf(at("peakEta")(b))]),
    },
    "joint bell: ends of the peak by horizon": { values: bells.map(at("peakBatch")).flatMap(endsOf) },
    "joint bell: ends of the height by horizon": { values: bells.map(at("peakEta")).flatMap(endsOf) },
    "joint bell: ends of the exponent of the peak": { values: endsOf(growth) },
    "joint bell: ends of the exponent of the height": { values: endsOf(climb) },
  }
}

/** Covariances of (ln prefactor, exponent), one block for each law. */
const covarianceOf = (laws: ReadonlyArray<PowerLaw>): ReadonlyArray<ReadonlyArray<number>> =>
  laws.flatMap(({ covariance = [NaN, NaN, NaN, NaN] }, k) =>
    [0, 2].map((row) => laws.flatMap((_, l) => (k === l ? covariance.slice(row, row + 2) : [0, 0]))),
  )

const powerLawAnswers = (name: string, laws: ReadonlyArray<PowerLaw>): Answers => {
  const found = laws.map(({ exponent, prefactor }) => [known(exponent, name), known(prefactor, name)] as const)
  return {
    [`${name}: exponents, prefactors`]: { values: found.flat().map(valueOf) },
    [`${name}: covariance`]: { covariance: covarianceOf(laws) },
    [`${name}: ends of the exponents`]: { values: found.flatMap(([exponent]) => endsOf(exponent)) },
  }
}

const horizonAnswers = ({ cells, overheads, powerLaws, regimes }: Law): Answers => {
  const found = overheads.filter(({ batch }) => isEstimate(batch))
  const byBatch = regimes.map(({ batch }) =>
    powerLaw(cells.flatMap((cell) => (cell.batch === batch ? [{ tokens: cell.tokens, y: cell.eta }] : []))),
  )
  const { overheadBatch, balanceBatch } = powerLaws
  return {
    "horizons with an overhead batch": { values: found.map(({ tokens }) => tokens) },
    "overhead batches": { values: found.map(({ batch }) => known(batch, "an overhead batch").value) },
    ...powerLawAnswers("power laws of the overhead and the balance batch", [overheadBatch, balanceBatch]),
    ...powerLawAnswers("power laws of eta* by batch", byBatch),
  }
}
