/** The engine's worker: a page stays quick while runs train, and only a worker may keep files in step with the disk. */
import { makeEngine } from "./engine.ts"
import type { EngineOrder } from "./messages.ts"

const engine = makeEngine((report) => postMessage(report))

addEventListener("message", ({ data }: MessageEvent<EngineOrder>) => {
  engine(data).catch((cause) => {
    const message = cause instanceof Error ? cause.message : String(cause)
    postMessage({ is: "failed", trouble: "other", message })
  })
})
