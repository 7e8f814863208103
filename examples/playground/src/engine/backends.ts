/** What computes the losses of a choice. */
import type { Backend, BackendError } from "@ts/backend"
import { LeastSquaresBackend } from "@ts/backend-least-squares"
import { SurrogateBackend } from "@ts/backend-surrogate"
import { DataSource } from "@ts/data"
import { referenceDevice } from "@ts/program"
import { trainerBackend } from "@ts/trainer"
import { Layer } from "effect"
import type { Choice } from "../studies/Choice.ts"
import { lawOf, noiseOf } from "../studies/declaredLaw.ts"
import { problem, readingNoise } from "../studies/leastSquares.ts"
import { type Accelerator, accelerators } from "./accelerators.ts"

export interface Chosen {
  readonly layer: Layer.Layer<Backend, BackendError>
  /** In words, for people. */
  readonly device: string
  /** Why it is not a faster one. */
  readonly fallback?: string
}

const data = Layer.orDie(DataSource.layer())

const processor = (fallback: string): Chosen => ({
  layer: trainerBackend({
    name: "reference",
    device: referenceDevice({ precision: "f32" }),
    chunkMillis: 100,
    checkpointMillis: 2000,
  }).pipe(Layer.provide(data)),
  device: "this processor (the reference device, one thread)",
  fallback,
})

/** The first device that is there, else the processor. */
const trained = async (devices: ReadonlyArray<Accelerator>): Promise<Chosen> => {
  const missing: Array<string> = []
  for (const { name, find } of devices) {
    const found = await find()
    if ("layer" in found) return { layer: found.layer.pipe(Layer.provide(data)), device: name }
    missing.push(`${name}: ${found.missing}`)
  }
  return processor(missing.length === 0 ? "this page was built without WebGPU" : missing.join("; "))
}

export const backendFor = async ({ preset, settings }: Choice, devices = accelerators): Promise<Chosen> => {
  switch (preset) {
    case "least-squares":
      return {
        layer: LeastSquaresBackend.layerWith(problem, { average: "uniform", noise: readingNoise }),
        device: "the closed form of least squares",
      }
    case "declared-law":
      return {
        layer: SurrogateBackend.layerWith(lawOf(settings), noiseOf(settings)),
        device: "the declared law; nothing is trained",
      }
    case "transformer":
      return trained(devices)
  }
}
