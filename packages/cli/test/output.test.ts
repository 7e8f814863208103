import "./build.ts"
import { writeFileSync } from "node:fs"
import { join } from "node:path"
import { beforeAll, describe, expect, it } from "vitest"
import { exitCodes } from "../src/exit.ts"
import { temporaryFolder, timeTransfer } from "./command.ts"
import { writeStudy } from "./study.ts"

const folder = temporaryFolder()
const file = writeStudy(folder)
const where = { cwd: folder }
const shapes = {
  shape: { width: 256, depth: 2, baseWidth: 64, baseDepth: 2, headSize: 32 },
  tensors: [{ name: "w", shape: [256, 256], role: "hidden" }],
}

const commands: ReadonlyArray<readonly [string, ReadonlyArray<string>]> = [
  ["plan", [file]],
  ["run", [file]],
  ["status", [file]],
  ["fit", [file]],
  ["predict", [file]],
  ["report", [file]],
  ["coord-check", ["--widths", "32,64,128,256", "--steps", "3", "--kind", "mup"]],
  ["mup-plan", ["shapes.json"]],
  ["backends", []],
]

beforeAll(() => writeFileSync(join(folder, "shapes.json"), JSON.stringify(shapes)))

describe("stdout is data", () => {
  it.for(commands)("%s --json prints exactly one JSON document", async ([name, args]) => {
    const { code, stdout, stderr } = await timeTransfer([name, ...args, "--json"], where)
    expect(code, stderr).toBe(0)
    const document = JSON.parse(stdout)
    expect(typeof document).toBe("object")
    // Talk is text of its own, never a part of the document.
    expect(stderr).not.toContain(stdout.slice(0, 20))
  })

  it("progress and plan go to stderr, the law to stdout", async () => {
    const { stdout, stderr } = await timeTransfer(["run", file, "--out", "talk"], where)
    expect(stderr).toMatch(/^small +cpu, /)
    expect(stderr).toContain("plan         4 runs, 8 readings · 8.19k tokens")
    expect(stderr).toContain("trained      4 runs finished, 0 diverged, 0 failed · 8.19k tokens")
    expect(stderr).toMatch(/report +\/.*talk\/report\.html/)
    expect(stdout).toContain("eta*(B, T)")
    expect(stdout).not.toMatch(/plan {9}|trained/)
  })

  it("where the native kernels cannot be had, the warning is on stderr too", async () => {
    const { code, stdout, stderr } = await timeTransfer(["plan", file, "--json", "--backend", "cpu"], {
      ...where,
      env: { TT_CPU_ISA: "none-such" },
    })
    if (code === 0) JSON.parse(stdout)
    else expect(stdout).toBe("")
    expect(stderr).toContain('"none-such"')
  })
})

describe("colour", () => {
  const escape = "\u001b["

  it("none where stdout is no terminal, and none with NO_COLOR", async () => {
    const { stdout } = await timeTransfer(["fit", file], { ...where, env: { TERM: "xterm-256color" } })
    expect(stdout).not.toContain(escape)
    const forced = { FORCE_COLOR: "1", TERM: "xterm-256color" }
    expect((await timeTransfer(["--help"], { ...where, env: forced })).stdout).toContain(escape)
    expect((await timeTransfer(["--help"], { ...where, env: { ...forced, NO_COLOR: "1" } })).stdout).not.toContain(
      escape,
    )
  })
})

describe.concurrent("help", () => {
  it.for(commands)("%s --help shows examples on stdout", async ([name]) => {
    const { code, stdout, stderr } = await timeTransfer([name, "--help"], where)
    expect(code).toBe(0)
    expect(stderr).toBe("")
    expect(stdout).toMatch(/USAGE\n +time-transfer /)
    expect(stdout.slice(stdout.indexOf("EXAMPLES"))).toContain(`time-transfer ${name}`)
  })

  it("the exit codes are documented", async () => {
    const { stdout } = await timeTransfer(["--help"], where)
    for (const code of Object.values(exitCodes)) expect(stdout).toMatch(new RegExp(`[ ·] ${code} `))
  })
})
