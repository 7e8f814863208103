export { type CoordinateReadings, type CoordinateStudy, observeCoordinates } from "./observeCoordinates.ts"
export { type TrainerOptions, trainerBackend } from "./trainerBackend.ts"
