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
import { pathOf, type TextRef } from "../texts/TextRef.ts"
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

const processor = {
  layer: trainerBackend({
    name: "reference",
    device: referenceDevice({ precision: "f32" }),
    chunkMillis: 100,
    checkpointMillis: 2000,
  }),
  device: "this processor (the reference device, one thread)",
}

export interface Means {
  readonly wish?: Wish | undefined
  /** The text of a choice that has one. */
  readonly text?: Blob | undefined
  readonly find?: FindAccelerator
}

const dataOf = (ref: TextRef | undefined, content: Blob | undefined) =>
  Layer.orDie(DataSource.layer(ref === undefined || content === undefined ? {} : { files: { [pathOf(ref)]: content } }))

/** As wished; without a wish on the accelerator, unless it is a slow one. */
const trained = async ({ text: ref }: Choice, { wish, text, find = webgpu }: Means): Promise<Chosen> => {
  const data = Layer.provide(dataOf(ref, text))
  const found = await find()
  const onProcessor = { ...processor, layer: data(processor.layer) }
  if ("missing" in found) return { ...onProcessor, accelerator: found }
  const { name, slow, layer } = found
  const chosen = wish === undefined ? !slow : wish === "accelerator"
  const accelerator = { name, chosen }
  return chosen ? { layer: data(layer), device: name, accelerator } : { ...onProcessor, accelerator }
}

export const backendFor = async (choice: Choice, means: Means = {}): Promise<Chosen> => {
  const { preset, settings } = choice
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
    case "own-text":
      return trained(choice, means)
  }
}
