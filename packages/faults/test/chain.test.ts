import { faultSuite } from "@ts/faults"
import { bundled } from "./bundled.ts"

const chain = new URL("./chain.ts", import.meta.url)
faultSuite("the chain", chain, { kills: 4, silence: 500, processes: () => bundled(chain) })
