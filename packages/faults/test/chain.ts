/** The chain backend of the engine's own tests: a step lost or repeated shows in every later reading. */
import { testBackend } from "../../sweep/test/testBackend.ts"

export const layer = testBackend({ checkpointEvery: 256 })
