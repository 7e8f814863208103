import { defineConfig } from "tsup"

export default defineConfig({
  entry: ["src/index.ts"],
  format: ["esm", "cjs"],
  dts: true,
  sourcemap: true,
  clean: true,
  target: "es2024",
  // Packages read each other's built types here, not their sources.
  tsconfig: "tsconfig.build.json",
})
