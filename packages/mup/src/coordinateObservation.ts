import { checkOneOf, checkPositive, checkSize, checkText } from "./check.ts"
import { MupError } from "./MupError.ts"

export type CoordinateKind = "activation" | "logits" | "attention-logits"

const coordinateKinds: readonly CoordinateKind[] = ["activation", "logits", "attention-logits"]

/** One reading of a coordinate check: how far a layer's activations have moved on a fixed batch. */
export interface CoordinateObservation {
  readonly width: number
  readonly seed: number
  /** Optimiser steps taken; 0 is the model at initialisation. */
  readonly step: number
  readonly layer: string
  /** Default `activation`. Logits and attention logits may shrink at step 0 and are judged from step 1 on. */
  readonly kind?: CoordinateKind
  /** RMS(act_t - act_0) over the batch for step t >= 1; RMS(act_0) at step 0. NaN and Infinity are results, not mistakes. */
  readonly rms: number
}

export interface CoordinateOptions {
  /** Learning rate at the base shape; states the condition of the verdict. */
  readonly learningRate: number
  /** What the widths have in common; states the condition of the verdict. */
  readonly heldFixed: "head-size" | "number-of-heads" | "not-applicable"
  /** Largest |slope| that passes. Default 0.15. */
  readonly threshold?: number
  /** Of the intervals. Default 0.95. */
  readonly confidence?: number
}

/** The readings of one layer, checked for shape but not yet for finiteness. */
export interface LayerReadings {
  readonly layer: string
  readonly kind: CoordinateKind
  readonly readings: readonly CoordinateObservation[]
}

export const checkOptions = (o: CoordinateOptions): Required<CoordinateOptions> => {
  checkPositive("options.learningRate", o.learningRate)
  checkOneOf("options.heldFixed", o.heldFixed, ["head-size", "number-of-heads", "not-applicable"])
  const threshold = checkPositive("options.threshold", o.threshold ?? 0.15)
  const confidence = checkPositive("options.confidence", o.confidence ?? 0.95)
  if (confidence >= 1) {
    throw new MupError("options.confidence", confidence, "is not below 1", "give a probability such as 0.95")
  }
  return { learningRate: o.learningRate, heldFixed: o.heldFixed, threshold, confidence }
}

const runKey = (o: CoordinateObservation): string => `width ${o.width}, seed ${o.seed}`

/** Groups the observations by layer, in order of first appearance, and refuses what no verdict can be made of. */
export const readingsByLayer = (observations: readonly CoordinateObservation[]): readonly LayerReadings[] => {
  const layers = new Map<string, CoordinateObservation[]>()
  observations.forEach((o, index) => {
    const at = `observations[${index}]`
    checkText(`${at}.layer`, o.layer)
    checkSize(`${at}.width`, o.width)
    for (const key of ["seed", "step"] as const) {
      if (!Number.isSafeInteger(o[key]) || o[key] < 0) {
        throw new MupError(`${at}.${key}`, o[key], "is not a whole number of 0 or more", "count from 0")
      }
    }
    if (o.kind !== undefined) checkOneOf(`${at}.kind`, o.kind, coordinateKinds)
    if (typeof o.rms !== "number" || o.rms < 0) {
      throw new MupError(`${at}.rms`, o.rms, "is no root mean square", "give a number of 0 or more, NaN or Infinity")
    }
    const known = layers.get(o.layer)
    if (known === undefined) layers.set(o.layer, [o])
    else known.push(o)
  })
  if (layers.size === 0) {
    throw new MupError("observations", [], "is empty", "record at least one layer at 3 widths after a training step")
  }
  return [...layers].map(([layer, readings]) => checkLayer(layer, readings))
}

const checkLayer = (layer: string, readings: readonly CoordinateObservation[]): LayerReadings => {
  const field = `observations of layer "${layer}"`
  const kind = readings[0]!.kind ?? "activation"
  const other = readings.find((o) => (o.kind ?? "activation") !== kind)
  if (other !== undefined) {
    throw new MupError(field, other.kind, `are of kind "${kind}" elsewhere`, "give a layer one kind, or two names")
  }
  const widths = new Set(readings.map((o) => o.width))
  if (widths.size < 3) {
    throw new MupError(
      field,
      [...widths],
      "cover fewer than 3 widths",
      "run at least 3 widths, better 5 over 4 octaves",
    )
  }
  const steps = [...new Set(readings.map((o) => o.step))].sort((a, b) => a - b)
  if (steps.at(-1) === 0) {
    throw new MupError(field, steps, "stop at initialisation", "record the change after at least one optimiser step")
  }
  const cells = new Map<string, Set<number>>()
  for (const o of readings) {
    const seen = cells.get(runKey(o)) ?? new Set()
    if (seen.has(o.step)) {
      throw new MupError(field, o.step, `have step ${o.step} twice for ${runKey(o)}`, "record each run once")
    }
    cells.set(runKey(o), seen.add(o.step))
  }
  // A run that blew up may stop early; any other must have every step, or the widths would be compared at unlike times.
  if (readings.every((o) => Number.isFinite(o.rms))) {
    for (const [run, seen] of cells) {
      const missing = steps.find((step) => !seen.has(step))
      if (missing !== undefined) {
        throw new MupError(field, missing, `lack step ${missing} for ${run}`, "record the same steps in every run")
      }
    }
  }
  return { layer, kind, readings }
}
