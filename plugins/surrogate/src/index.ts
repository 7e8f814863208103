export { SurrogateBackend } from "./backend.ts"
export {
  defaultLaw,
  defaultNoise,
  LawError,
  lawLoss,
  optimalEta,
  type PowerOfTokens,
  type SurrogateLaw,
} from "./law.ts"
