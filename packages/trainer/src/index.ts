export { type TrainerOptions, trainerBackend } from "./trainerBackend.ts"
