/** The native addon: where it is looked for, what it offers, why it may be missing. */
import { existsSync } from "node:fs"
import { createRequire } from "node:module"
import { dirname, join } from "node:path"
import { fileURLToPath } from "node:url"

/** Instruction sets, best first. */
export const instructionSets = ["avx512", "avx2", "portable"] as const
export type InstructionSet = (typeof instructionSets)[number]

/** See native/addon.cc. */
export interface NativeSession {
  readonly bytes: number
  setScalar(lane: number, scalar: number, value: number): void
  write(lane: number, buffer: number, values: Float32Array): void
  read(lane: number, buffer: number): Float32Array
  run(calls: Int32Array, tokens: Int32Array, numbers: Float64Array, lanes: Int32Array): Promise<Float64Array>
  dispose(): void
}

export interface Native {
  supports(isa: InstructionSet): boolean
  calibrate(isa: InstructionSet, seconds: number): number
  readonly Session: new (
    isa: InstructionSet,
    integers: Int32Array,
    reals: Float64Array,
    lanes: number,
    threads: number,
  ) => NativeSession
}

export type CpuAvailability =
  | {
      readonly available: true
      /** What this machine can run, best first. */
      readonly instructionSets: readonly InstructionSet[]
    }
  | { readonly available: false; readonly reason: string }

/** No addon, or not for this machine. */
export class CpuUnavailable extends Error {
  override readonly name = "CpuUnavailable"
}

// The sources and the bundles (ESM and CommonJS) all lie one folder below the package.
const here = typeof __filename === "string" ? __filename : fileURLToPath(import.meta.url)
const addonFile = join(dirname(here), "..", "build", "cpu.node")
const buildScript = join(dirname(here), "..", "scripts", "build.mjs")

let loaded: Native | undefined

/** @throws {CpuUnavailable} with one sentence that says why and what to do */
export const loadNative = (file: string = addonFile): Native => {
  if (loaded !== undefined && file === addonFile) return loaded
  if (!existsSync(file)) {
    throw new CpuUnavailable(
      `the native CPU addon has not been built (${file} is missing): install a C++ compiler such as g++ 12 and run "node ${buildScript}"`,
    )
  }
  let native: Native
  try {
    native = createRequire(here)(file)
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error)
    throw new CpuUnavailable(
      `the native CPU addon does not load on this machine (${why}): run "node ${buildScript}" here`,
    )
  }
  if (file === addonFile) loaded = native
  return native
}

/** Whether the addon is there, and what this machine can run; never throws. */
export const cpuAvailability = (): CpuAvailability => {
  try {
    const native = loadNative()
    return { available: true, instructionSets: instructionSets.filter((isa) => native.supports(isa)) }
  } catch (error) {
    return { available: false, reason: (error as Error).message }
  }
}

/**
 * The asked-for instruction set, else `TT_CPU_ISA`, else the best there is.
 * @throws {CpuUnavailable} for one that is unknown or that this machine lacks
 */
export const chooseInstructionSet = (
  native: Native,
  asked: string | undefined = process.env["TT_CPU_ISA"] || undefined,
): InstructionSet => {
  const here = instructionSets.filter((isa) => native.supports(isa))
  if (asked === undefined) return here[0]
  const found = here.find((isa) => isa === asked)
  if (found !== undefined) return found
  const known = (instructionSets as readonly string[]).includes(asked)
  throw new CpuUnavailable(
    `${known ? "this machine has no" : "unknown"} instruction set "${asked}"; TT_CPU_ISA can be ${here.join(", ")} here`,
  )
}
