/** Running both sides: on one core, and the peer, a Python with NumPy and SciPy, on one thread. */
import { spawnSync } from "node:child_process"
import { fileURLToPath } from "node:url"

const environment = {
  ...process.env,
  OMP_NUM_THREADS: "1",
  OPENBLAS_NUM_THREADS: "1",
  MKL_NUM_THREADS: "1",
  PYTHONDONTWRITEBYTECODE: "1",
}

/** The first of these with SciPy; `undefined` where none has it. Debian's own lies beside others that may not have it. */
export const pythonWithScipy = (wanted: string | undefined): string | undefined =>
  (wanted === undefined ? ["python3", "/usr/bin/python3"] : [wanted]).find(
    (python) => spawnSync(python, ["-c", "import numpy, scipy"], { stdio: "ignore" }).status === 0,
  )

export const missingScipy = "no Python with SciPy (apt-get install python3-scipy, or --python FILE)"

/** The second core, where there is `taskset` to keep a process on it. */
const pinned: ReadonlyArray<string> =
  spawnSync("taskset", ["-c", "1", "true"], { stdio: "ignore" }).status === 0 ? ["taskset", "-c", "1"] : []

/** Standard output of a script of this folder, on one core. */
export const runScript = (script: string, interpreter: ReadonlyArray<string>, ...parameters: ReadonlyArray<string>) => {
  const file = fileURLToPath(new URL(script, import.meta.url))
  const [command, ...rest] = [...pinned, ...interpreter, file, ...parameters]
  const { status, stdout, stderr } = spawnSync(command, rest, {
    encoding: "utf8",
    env: environment,
    maxBuffer: 2 ** 28,
  })
  if (status !== 0) throw new Error(`${script} ended with ${status}:\n${stderr}`)
  return stdout
}
