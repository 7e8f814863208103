import { writeFileSync } from "node:fs"
import { join } from "node:path"
import { describe, it } from "vitest"
import { temporaryFolder, timeTransfer } from "./command.ts"
import { expectRefusal } from "./refused.ts"
import { type Fields, small, writeStudy } from "./study.ts"

const folder = temporaryFolder()

describe.concurrent("a study that means nothing ends with code 2 before anything starts", () => {
  const cases: ReadonlyArray<readonly [string, Fields, ...Array<string | RegExp>]> = [
    ["an unknown field", { bathc: 64 }, "bathc: unknown field; did you mean `batch`"],
    ["a negative batch", { batch: [-64] }, "batch", "-64", "greater than 0"],
    ["a width of zero", { model: { ...small.model, d_model: 0 } }, "model.d_model", "greater than 0, not 0"],
    ["a negative rate", { eta: [-0.001] }, "eta", "greater than 0, not -0.001"],
    [
      "a width that its heads do not divide",
      { model: { ...small.model, n_heads: 3 }, parametrisation: { kind: "standard" } },
      "model.n_heads: width 32 is not divisible by 3 heads; choose a divisor of the width",
    ],
    ["a batch smaller than a sequence", { batch: [8] }, "8 tokens is smaller than one sequence of 16; use at least 16"],
    ["a study of a newer version", { version: 9 }, "version", "9", "reads up to 1; update"],
  ]
  it.for(cases)("%s", async ([name, changes, ...parts]) => {
    const file = writeStudy(folder, changes, `${name.replaceAll(" ", "-")}.json`)
    expectRefusal(await timeTransfer(["run", file], { cwd: folder }), 2, ...parts)
  })
})

describe.concurrent("a study file that cannot be loaded ends with code 2", () => {
  const cases: ReadonlyArray<readonly [string, string | undefined, ...Array<string | RegExp>]> = [
    ["missing.ts", undefined, "there is no file missing.ts; give the path of a study"],
    ["syntax.ts", "export default {\n  name: ,\n}\n", "cannot load syntax.ts (line 2)"],
    ["throws.ts", "throw new Error('boom')\n", "cannot load throws.ts (line 1): boom"],
    ["nothing.ts", "export const study = {}\n", "nothing.ts has no default export; end it with"],
    ["import.ts", 'import "not-installed-anywhere"\n', "import.ts", "not-installed-anywhere", "plain object"],
    ["broken.json", '{ "name": ', "broken.json is not JSON"],
    ["list.json", "[1]", "a study is an object, not [1]"],
  ]
  it.for(cases)("%s", async ([name, text, ...parts]) => {
    if (text !== undefined) writeFileSync(join(folder, name), text)
    expectRefusal(await timeTransfer(["plan", name], { cwd: folder }), 2, ...parts)
  })
})

describe.concurrent("a command line that means nothing ends with code 2", () => {
  const cases: ReadonlyArray<readonly [ReadonlyArray<string>, ...Array<string>]> = [
    [["run", "study.json", "--dry-runn"], "--dry-runn", "did you mean --dry-run", "time-transfer run --help"],
    [["run", "study.json", "--backend", "gpu"], "--backend", '"gpu"', '"cpu"'],
    [["run"], "Missing required argument: study"],
    [["run", "study.json", "--checkpoint-every", "soon"], "--checkpoint-every", '"soon"', '"20s"'],
    [["trian"], '"trian"', "time-transfer --help"],
    [["coord-check", "--widths", "32,wide"], "--widths", "32,64,128"],
  ]
  it.for(cases)("%s", async ([args, ...parts]) => {
    writeStudy(folder)
    expectRefusal(await timeTransfer(args, { cwd: folder }), 2, ...parts)
  })
})
