/**
 * The conformance suite of the program-level contract. A device's own test is one line:
 *
 *     deviceSuite("my-device", () => myDevice())
 *
 * The operations that the device lists choose the cases; a case that does not apply is skipped with its reason.
 *
 * Numbers are judged by |x - ref| / |ref| per tensor against the float64 reference: at most 1e-5 in f32 and 1e-2 in
 * bf16 and f16, tensors below 1e-6 of the global gradient norm left out. Not promised by passing: speed.
 */
import type { Device } from "@ts/program"
import { type ConformanceTest, register } from "./conformanceTest.ts"
import type { DeviceCase } from "./deviceCase.ts"
import { contractCases } from "./deviceContract.ts"
import { determinismCases } from "./deviceDeterminism.ts"
import { operationCases } from "./deviceOperations.ts"
import { stepCases } from "./deviceSteps.ts"
import { updateCases } from "./deviceUpdates.ts"

export type { DeviceCase } from "./deviceCase.ts"

export interface DeviceSuiteOptions {
  /** Milliseconds for one case; 60,000 by default. */
  readonly timeout?: number
}

/** The cases as data, by topic. */
export const deviceCases = (): Readonly<Record<string, readonly DeviceCase[]>> => ({
  operations: operationCases(),
  updates: updateCases(),
  steps: stepCases(),
  determinism: determinismCases(),
  contract: contractCases(),
})

/** The cases put to a device, to run without vitest; the device is acquired by the first that runs. */
export const deviceTests = (device: Device | (() => Promise<Device>)): readonly ConformanceTest[] => {
  let acquired: Promise<Device> | undefined
  const acquire = () => {
    acquired ??= typeof device === "function" ? device() : Promise.resolve(device)
    return acquired
  }
  return Object.entries(deviceCases()).flatMap(([topic, cases]) =>
    cases.map(({ name, skip, run }) => ({
      name: `${topic}: ${name}`,
      run: async () => {
        const device = await acquire()
        const reason = skip(device.info)
        if (reason === undefined) await run(device)
        return reason
      },
    })),
  )
}

export const deviceSuite = (
  name: string,
  device: Device | (() => Promise<Device>),
  { timeout }: DeviceSuiteOptions = {},
): void => register(`${name}: device conformance`, deviceTests(device), timeout)
