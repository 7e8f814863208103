export * from "./Device.ts"
export * from "./Program.ts"
