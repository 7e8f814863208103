import { type FormName, isEstimate, type Law, predict, type Result } from "@ts/fit"

/** log2 eta* of the law at log2 of a batch, with its interval. */
export interface CurvePoint {
  readonly x: number
  readonly y: number
  readonly low: number
  readonly high: number
}

/** What the law says of a batch at a horizon: in the form that speaks, and in the other possible ones. */
export type LawAt = (octave: number) => ReadonlyMap<FormName, CurvePoint>

/** A batch that was measured would answer for itself; this far beside it (relative), the law does. */
const beside = 1 + 1e-9

/** eta*(B) of the law at a horizon, by form; forms that leave eta* open at a batch are absent there. */
export const lawAt =
  (law: Law, tokens: number): LawAt =>
  (octave) => {
    if (law.joint === undefined) return new Map()
    const { eta, alternatives } = predict(law, { tokens, batch: 2 ** octave * beside })
    const all: ReadonlyArray<readonly [FormName, Result]> = [
      [law.joint.form, eta],
      ...alternatives.map((a) => [a.form, a.eta] as const),
    ]
    return new Map(all.flatMap(([form, result]) => pointOf(form, octave, result)))
  }

const pointOf = (form: FormName, x: number, eta: Result): ReadonlyArray<readonly [FormName, CurvePoint]> => {
  if (!isEstimate(eta)) return []
  const { value, interval } = eta
  return [
    [
      form,
      {
        x,
        y: Math.log2(value),
        low: Math.log2(interval?.low ?? value),
        high: Math.log2(interval?.high ?? value),
      },
    ],
  ]
}

/** A curve in pieces: full between the measured batches, dashed beyond. */
export interface LawCurve {
  readonly inside: ReadonlyArray<CurvePoint>
  readonly outside: ReadonlyArray<ReadonlyArray<CurvePoint>>
}

/** Predictions that all curves of a figure may ask for: each takes a few milliseconds. */
const mostPoints = 160

/** Between which batches a curve is full, and how far it goes dashed; log2 of tokens. */
export interface CurveRange {
  readonly measured: readonly [number, number]
  readonly drawn: readonly [number, number]
}

/** The curves of the forms at a horizon, `share` of them in one figure. */
export const lawCurves = (
  law: Law,
  tokens: number,
  { measured: [first, last], drawn: [from, to] }: CurveRange,
  share = 1,
): ReadonlyMap<FormName, LawCurve> => {
  const at = lawAt(law, tokens)
  const most = Math.min(24, Math.max(8, Math.floor(mostPoints / share)))
  const along = (low: number, high: number) => {
    const count = Math.max(1, Math.round((most * (high - low)) / (to - from)))
    return high - low < 1e-6 ? [] : Array.from({ length: count + 1 }, (_, i) => at(low + ((high - low) * i) / count))
  }
  const pieces = [along(from, first), along(first, last), along(last, to)] as const
  const names = new Set(pieces.flat().flatMap((points) => [...points.keys()]))
  const pick = (points: ReadonlyArray<ReadonlyMap<FormName, CurvePoint>>, form: FormName) =>
    points.flatMap((point) => point.get(form) ?? [])
  const [below, inside, above] = pieces
  return new Map(
    [...names].map((form) => [form, { inside: pick(inside, form), outside: [pick(below, form), pick(above, form)] }]),
  )
}
