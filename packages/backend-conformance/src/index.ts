export { type Case, suite, type SuiteOptions } from "./backendSuite.ts"
