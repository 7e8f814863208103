export { eventsOf, type FixtureStudy, fixtureSpec, fixtureStudy, readings, startOf, train } from "./backendFixture.ts"
export { type Case, type SuiteOptions, suite } from "./backendSuite.ts"
export { type DeviceCase, type DeviceSuiteOptions, deviceCases, deviceSuite } from "./device.ts"
