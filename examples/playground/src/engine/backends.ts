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
import { type FindAccelerator, webgpu } from "./accelerators.ts"

/** What to train on where there is a choice. */
export type Wish = "processor" | "accelerator"

export interface Chosen {
  readonly layer: Layer.Layer<Backend, BackendError>
  /** In words, for people. */
  readonly device: string
  /** The accelerator that is here, and whether it is the one chosen; or why there is none. Absent where nothing is trained. */
  readonly accelerator?: { readonly name: string; readonly chosen: boolean } | { readonly missing: string }
}

const data = Layer.orDie(DataSource.layer())

const processor = {
  layer: trainerBackend({
    name: "reference",
    device: referenceDevice({ precision: "f32" }),
    chunkMillis: 100,
    checkpointMillis: 2000,
  }).pipe(Layer.provide(data)),
  device: "this processor (the reference device, one thread)",
}

/** As wished; without a wish on the accelerator, unless it is a slow one. */
const trained = async (find: FindAccelerator, wish: Wish | undefined): Promise<Chosen> => {
  const found = await find()
  if ("missing" in found) return { ...processor, accelerator: found }
  const { name, slow, layer } = found
  const chosen = wish === undefined ? !slow : wish === "accelerator"
  const accelerator = { name, chosen }
  return chosen ? { layer: layer.pipe(Layer.provide(data)), device: name, accelerator } : { ...processor, accelerator }
}

export const backendFor = async ({ preset, settings }: Choice, wish?: Wish, find = webgpu): Promise<Chosen> => {
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
      return trained(find, wish)
  }
}
