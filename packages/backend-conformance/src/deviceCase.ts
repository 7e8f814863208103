import type { Device, DeviceInfo, OpKind, Training } from "@ts/program"

/** One thing that a device must do. */
export interface DeviceCase {
  readonly name: string
  /** Why the case does not apply to such a device; undefined where it does. */
  readonly skip: (info: DeviceInfo) => string | undefined
  /** Throws what is wrong. */
  readonly run: (device: Device) => Promise<void>
}

/** The kinds of operations of a training, each once. */
export const kindsOf = ({ grad, update, evaluate }: Training): OpKind[] => [
  ...new Set([...grad, ...update, ...evaluate].map(({ kind }) => kind)),
]

/** A reason to skip where the device does not list an operation of the training. */
export const needs =
  (training: Training) =>
  ({ operations }: DeviceInfo): string | undefined => {
    const missing = kindsOf(training).filter((kind) => !operations.includes(kind))
    return missing.length === 0 ? undefined : `the device does not list ${missing.join(", ")}`
  }
