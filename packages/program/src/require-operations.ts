import { type DeviceInfo, UnsupportedOperation } from "./Device.ts"
import type { Training } from "./Program.ts"

/** For a device's `compile`, before anything is allocated. @throws {UnsupportedOperation} */
export const requireOperations = (info: DeviceInfo, training: Training): void => {
  for (const { kind } of [...training.grad, ...training.update, ...training.evaluate]) {
    if (info.operations.includes(kind)) continue
    throw new UnsupportedOperation(
      info.kind,
      kind,
      `operation ${kind} is not implemented; there are ${info.operations.join(", ")}. Use another device or model`,
    )
  }
}
