/** Loaded, with the GPU's driver behind it, only by commands that use it. */
import { Effect } from "effect"

export const webgpu = Effect.promise(() => import("@ts/backend-webgpu"))

/** Where there are several: the one that is not there to save power. */
export const choice = { powerPreference: "high-performance" } as const
