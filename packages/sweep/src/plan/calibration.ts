/** How fast a backend is at the shapes of a plan, as data. */
import { type Capabilities, canonicalJson, type RunSpec } from "@ts/backend"
import { identities } from "../study/identity.ts"
import { type Clock, flopsFor } from "./cost.ts"

/** What one shape of run takes, all workers and lanes busy. Seconds of wall time, divided by the runs that train side by side. */
export interface ShapeRate {
  /** Model, optimiser, batch, precision and averages, as canonical JSON. */
  readonly shape: string
  /** Runs in a bundle, and bundles side by side, when it was measured. */
  readonly lanes: number
  readonly bundles: number
  readonly secondsPerToken: number
  /** To start and end a run. */
  readonly secondsPerRun: number
}

export interface Calibration {
  readonly backend: string
  readonly device: string
  readonly rates: ReadonlyArray<ShapeRate>
  /** Over all shapes measured, weighted by their share of the plan; for shapes that were not. */
  readonly secondsPerFlop: number
  /** That the calibration took. */
  readonly seconds: number
}

/** Runs of one shape are equally fast; the key is made once for the objects they share. */
export const shapeReader = (): ((spec: RunSpec, averages: ReadonlyArray<number>) => string) => {
  const identity = identities()
  const known = new Map<string, string>()
  return ({ model, optimizer, batch, precision, data }, averages) => {
    const key = `${identity(model)} ${identity(optimizer)} ${identity(batch)} ${precision} ${identity(data)} ${averages}`
    const shape =
      known.get(key) ??
      canonicalJson({
        model,
        optimizer: optimizer.kind,
        batch,
        precision,
        averages,
        validation: data.validation.tokens,
      })
    known.set(key, shape)
    return shape
  }
}

/** Seconds of one worker. A reading counts as the third of a training step over the validation tokens that its forward pass is. */
export const calibratedClock = (
  { rates, secondsPerFlop }: Calibration,
  { concurrency }: Pick<Capabilities, "concurrency">,
): Clock => {
  const byShape = new Map(rates.map((rate) => [rate.shape, rate]))
  const shapeOf = shapeReader()
  const workers = Math.max(1, concurrency)
  return (spec, averages, tokens, horizons) => {
    const rate = byShape.get(shapeOf(spec, averages))
    const evaluations = horizons * (1 + averages.length)
    if (rate === undefined) return workers * secondsPerFlop * flopsFor(spec, tokens, evaluations)
    const equivalent = tokens + (evaluations * spec.data.validation.tokens) / 3
    return workers * (rate.secondsPerRun + rate.secondsPerToken * equivalent)
  }
}
