import { opKinds, referenceDevice } from "@ts/program"
import { deviceSuite } from "./device.ts"

deviceSuite("reference, float64", referenceDevice())
deviceSuite("reference, float32", async () => referenceDevice({ precision: "f32" }))
deviceSuite("a device without rotary and qk_norm", () =>
  Promise.resolve(
    referenceDevice({ operations: opKinds.filter((kind) => !kind.startsWith("rotary") && !kind.startsWith("qk")) }),
  ),
)
