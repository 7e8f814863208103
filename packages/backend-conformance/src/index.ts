export type { Case } from "./backendCase.ts"
export { eventsOf, type FixtureStudy, fixtureSpec, fixtureStudy, readings, startOf, train } from "./backendFixture.ts"
export { backendCases, type SuiteOptions, suite } from "./backendSuite.ts"
export { type DeviceCase, type DeviceSuiteOptions, deviceCases, deviceSuite } from "./device.ts"
