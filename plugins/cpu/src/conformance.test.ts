import "../test/build.ts"
import { deviceSuite } from "@ts/backend-conformance"
import { describe, it } from "vitest"
import { cpuAvailability, cpuDevice } from "./index.ts"
import { instructionSets } from "./native.ts"

const availability = cpuAvailability()
const here = availability.available ? availability.instructionSets : []

for (const instructionSet of instructionSets) {
  if (here.includes(instructionSet)) {
    deviceSuite(`cpu, ${instructionSet}`, () => cpuDevice({ instructionSet }))
  } else {
    const reason = availability.available ? `this machine has no ${instructionSet}` : availability.reason
    describe(`cpu, ${instructionSet}`, () => it(`device conformance: ${reason}`, (context) => context.skip(reason)))
  }
}
