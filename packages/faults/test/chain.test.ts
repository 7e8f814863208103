import { rmSync } from "node:fs"
import { dirname } from "node:path"
import { faultSuite } from "@ts/faults"
import { afterAll } from "vitest"
import { bundled } from "./bundled.ts"

const chain = new URL("./chain.ts", import.meta.url)
const processes = bundled(chain)
afterAll(async () => rmSync(dirname((await processes).driver!), { recursive: true }))

faultSuite("the chain", chain, { kills: 4, silence: 500, processes: () => processes })
