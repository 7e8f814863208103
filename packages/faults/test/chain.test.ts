import { faultSuite } from "@ts/faults"

faultSuite("the chain", new URL("./chain.ts", import.meta.url), { kills: 6, silence: 500 })
