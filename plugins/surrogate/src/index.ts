export { SurrogateBackend } from "./backend.ts"
export {
  defaultLaw,
  defaultNoise,
  LawError,
  lawLoss,
  optimalEta,
  type PowerOfTokens,
  type SurrogateLaw,
  type SurrogateNoise,
} from "./law.ts"
