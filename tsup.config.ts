import { defineConfig } from "tsup"

export default defineConfig({
  entry: ["src/index.ts"],
  format: ["esm", "cjs"],
  dts: true,
  sourcemap: true,
  clean: true,
  target: "es2024",
  // `node:sqlite` has no name without the prefix.
  removeNodeProtocol: false,
  // Packages read each other's built types here, not their sources.
  tsconfig: "tsconfig.build.json",
})
