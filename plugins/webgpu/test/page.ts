/** What is tried on a page: the numbers of the device there, against the float64 reference computed beside it. */
import { referenceDevice } from "@ts/program"
import { webgpuAvailability, webgpuDevice } from "../src/index.ts"
import { gradientError, losses, oddShapes } from "./run.ts"

export interface Observed {
  /** Why there is no adapter. */
  readonly unavailable?: string
  readonly device: string
  readonly numericsId: string
  /** Worst normwise error of loss and gradients, by shape. */
  readonly gradients: readonly number[]
  readonly steps: number
  /** Worst relative error of a step's loss. */
  readonly losses: number
}

export const observe = async (steps: number): Promise<Observed> => {
  const availability = await webgpuAvailability()
  const nothing = { device: "", numericsId: "", gradients: [], steps: 0, losses: Number.NaN }
  if (!availability.available) return { ...nothing, unavailable: availability.reason }
  const device = await webgpuDevice()
  const gradients: number[] = []
  for (const shape of oddShapes) gradients.push(await gradientError(device, shape))
  const got = await losses(device, steps)
  const expected = await losses(referenceDevice(), steps)
  const worst = Math.max(...got.map((loss, i) => Math.abs(loss / expected[i] - 1)))
  await device.close()
  return { device: device.info.name, numericsId: device.info.numericsId, gradients, steps, losses: worst }
}
