import type { Backend, CheckpointStore } from "@ts/backend"
import { Layer } from "effect"

/** Where a backend is found, so that a process that is to be killed finds it too. */
export interface BackendModule {
  /** URL of the module. */
  readonly module: string
  /** Name of the layer there; a dot goes into an object: `LeastSquaresBackend.layer`. */
  readonly name: string
  /** The driver's file, where it is bundled with the backend: it starts three times as fast as from the sources. */
  readonly driver?: string
}

export type BackendLayer = Layer.Layer<Backend, unknown, CheckpointStore>

export const loadBackend = async ({ module, name }: BackendModule): Promise<BackendLayer> => {
  let found: unknown = await import(/* @vite-ignore */ module)
  for (const part of name.split(".")) found = (found as Record<string, unknown> | undefined)?.[part]
  if (Layer.isLayer(found)) return found as BackendLayer
  throw new TypeError(`${module} exports no layer \`${name}\`: export one, or name another by the option \`export\``)
}
