// Compiles native/ into build/cpu.node with $CXX or g++; does nothing when sources and flags are as they were.
import { spawn } from "node:child_process"
import { createHash } from "node:crypto"
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs"
import { createRequire } from "node:module"
import { availableParallelism } from "node:os"
import { dirname, join } from "node:path"
import { fileURLToPath } from "node:url"

const root = join(dirname(fileURLToPath(import.meta.url)), "..")
const native = join(root, "native")
const build = join(root, "build")
const require = createRequire(import.meta.url)
const folderOf = (name) => dirname(require.resolve(`${name}/package.json`))

const compiler = process.env["CXX"] || "g++"
const flags = [
  "-std=c++20",
  "-O3",
  "-fPIC",
  "-fvisibility=hidden",
  "-ffp-contract=off", // what is fused is written in the source: the same numbers for every tile and tail
  "-fno-math-errno",
  "-Wall",
  "-Wno-uninitialized", // GCC 12's own avx512fintrin.h
  "-Wno-maybe-uninitialized",
  "-DNAPI_VERSION=9",
  "-DNODE_GYP_MODULE_NAME=cpu",
  "-DNAPI_DISABLE_CPP_EXCEPTIONS",
  `-I${join(folderOf("node-api-headers"), "include")}`,
  `-I${folderOf("node-addon-api")}`,
]
const linkFlags = [
  "-shared",
  "-s",
  "-pthread",
  ...(process.platform === "darwin" ? ["-undefined", "dynamic_lookup"] : []),
]
const isaFlags = {
  "kernels_avx2.cc": ["-mavx2", "-mfma"],
  "kernels_avx512.cc": ["-mavx512f", "-mavx512dq", "-mavx512bw", "-mavx512vl", "-mfma", "-mprefer-vector-width=512"],
}

const files = readdirSync(native).sort()
const units = files.filter((file) => file.endsWith(".cc") && (process.arch === "x64" || !(file in isaFlags)))

const hash = createHash("sha256")
hash.update(JSON.stringify([compiler, flags, linkFlags, isaFlags, process.platform, process.arch]))
for (const file of files) hash.update(file).update(readFileSync(join(native, file)))
const stamp = hash.digest("hex")
const stampFile = join(build, "cpu.stamp")

const readOr = (file, otherwise) => {
  try {
    return readFileSync(file, "utf8")
  } catch {
    return otherwise
  }
}

const run = (args) =>
  new Promise((resolve, reject) => {
    const child = spawn(compiler, args, { stdio: ["ignore", "inherit", "inherit"] })
    child.on("error", (error) => {
      const missing = error.code === "ENOENT"
      reject(
        new Error(
          missing
            ? `no C++ compiler: "${compiler}" was not found. Install g++ 12 or newer, or set CXX.`
            : error.message,
        ),
      )
    })
    child.on("exit", (code) => (code === 0 ? resolve() : reject(new Error(`${compiler} failed on ${args.at(-1)}`))))
  })

/** Runs the tasks, at most `width` at a time; after a failure the ones under way end and no other begins. */
const inParallel = async (tasks, width) => {
  const queue = [...tasks]
  const workers = Array.from({ length: width }, async () => {
    try {
      for (let task = queue.shift(); task !== undefined; task = queue.shift()) await task()
    } catch (error) {
      queue.length = 0
      throw error
    }
  })
  const failure = (await Promise.allSettled(workers)).find(({ status }) => status === "rejected")
  if (failure !== undefined) throw failure.reason
}

/** One build at a time in this folder: test workers may all ask at once. The lock holds its owner's process id. */
const lock = join(build, "lock")
const alive = (pid) => {
  try {
    return pid === 0 || process.kill(pid, 0) // 0: the owner is about to write its id
  } catch (error) {
    return error.code === "EPERM"
  }
}
const acquire = () => {
  mkdirSync(build, { recursive: true })
  for (;;) {
    try {
      writeFileSync(lock, String(process.pid), { flag: "wx" })
      return
    } catch (error) {
      if (error.code !== "EEXIST") throw error
      if (alive(Number(readOr(lock, "0")))) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 50)
      else rmSync(lock, { force: true })
    }
  }
}
const upToDate = () => readOr(stampFile, "") === stamp && existsSync(join(build, "cpu.node"))

if (upToDate()) process.exit(0)
acquire()
if (upToDate()) {
  rmSync(lock, { force: true })
  process.exit(0)
}

const start = performance.now()
const work = join(build, `work-${process.pid}`)
mkdirSync(work, { recursive: true })
try {
  const objects = units.map((unit) => join(work, unit.replace(/\.cc$/, ".o")))
  await inParallel(
    units.map(
      (unit, i) => () => run([...flags, ...(isaFlags[unit] ?? []), "-c", "-o", objects[i], join(native, unit)]),
    ),
    availableParallelism(),
  )
  await run([...linkFlags, "-o", join(work, "cpu.node"), ...objects])
  renameSync(join(work, "cpu.node"), join(build, "cpu.node")) // in one step: others may be loading it
  writeFileSync(stampFile, stamp)
  process.stdout.write(`built cpu.node in ${((performance.now() - start) / 1000).toFixed(1)} s\n`)
} catch (error) {
  process.stderr.write(`@ts/backend-cpu: ${error.message}\n`)
  process.exitCode = 1
} finally {
  rmSync(work, { recursive: true, force: true })
  rmSync(lock, { force: true })
}
