/** Devices that a browser may have besides its processor, the most wanted first. */
import type { Backend, BackendError } from "@ts/backend"
import type { DataSource } from "@ts/data"
import type { Layer } from "effect"

export interface Accelerator {
  readonly name: string
  /** A backend on this device, or a sentence why there is none here. Loads its code when it is asked for. */
  readonly find: () => Promise<
    { readonly layer: Layer.Layer<Backend, BackendError, DataSource> } | { readonly missing: string }
  >
}

export const accelerators: ReadonlyArray<Accelerator> = []
