/** What can be wrong with a site, found before anything is trained, on a real cluster. */
import { execFileSync } from "node:child_process"
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs"
import { homedir, tmpdir } from "node:os"
import { join } from "node:path"
import { Backend, type BackendError, memoryCheckpoints } from "@ts/backend"
import { fixtureStudy } from "@ts/backend-conformance"
import { DataSource } from "@ts/data"
import { Effect, Layer, Stream } from "effect"
import { afterAll, beforeAll, expect } from "vitest"
import { SlurmBackend, type SlurmOptions } from "../src/index.ts"
import { itOnCluster } from "./cluster.ts"
import { startSite, type TestSite, workerOf } from "./site.ts"

let site: TestSite
beforeAll(async () => {
  site = await startSite({
    partitions: [
      "PartitionName=main Nodes=n1 Default=YES MaxTime=60 State=UP",
      "PartitionName=far Nodes=n2 MaxTime=60 State=UP",
    ],
  })
}, 60_000)
afterAll(() => site.stop())

const train = (options: SlurmOptions) =>
  Backend.use((backend) =>
    Effect.gen(function* () {
      const assignment = fixtureStudy().assignment()
      yield* backend.prepare([assignment])
      return yield* Stream.runCollect(backend.train([assignment]))
    }),
  ).pipe(
    Effect.provide(
      Layer.merge(SlurmBackend.layerWith(options).pipe(Layer.provide(DataSource.layer())), memoryCheckpoints),
    ),
  )
const errorOf = (options: SlurmOptions): Promise<BackendError> =>
  Effect.runPromise(Effect.flip(train(options)) as Effect.Effect<BackendError>)
/** Within a moment: what is just completing is on its way out. */
const noJobs = () => expect.poll(() => site.cluster.command("squeue", "-h"), { timeout: 10_000 }).toBe("")

itOnCluster("names the field, the value and the way out", { timeout: 60_000 }, async () => {
  const { options } = site
  const cases: ReadonlyArray<readonly [Partial<SlurmOptions>, object, RegExp]> = [
    [{ shared: "scratch" }, { field: "shared", reason: "InvalidSpec" }, /shared is "scratch"; it must be the absolute/],
    [
      { partition: "gpu" },
      { field: "partition" },
      /partition is "gpu", which this cluster does not have; it has main, far/,
    ],
    [{ gres: "gpu:8" }, { field: "gres" }, /gres is "gpu:8"/],
    [{ constraint: "h100" }, { field: "constraint" }, /constraint is "h100"/],
    [{ cpusPerTask: 64 }, { retryable: false }, /cpusPerTask/],
    [{ time: "3h" }, { field: "time" }, /time is "3h", which is over the limit/],
    [
      { expects: "time-transfer 99.0" },
      { field: "worker", reason: "Unsupported" },
      /worker is time-transfer 0\.0\.0, this driver is version 99\.0; install the same version/,
    ],
    [
      { worker: ["sh", "-c", "echo hello"] },
      { reason: "Device" },
      /the worker of job \S+ does not speak the protocol: line 1 is no message of a worker: "hello"/,
    ],
    [
      { worker: ["no-such-worker"] },
      { reason: "Device", retryable: true },
      /the worker of job \S+ ended without a last word; see .*logs\/1\.err/,
    ],
  ]
  for (const [change, fields, message] of cases) {
    const error = await errorOf(options("surrogate", change))
    expect(error, JSON.stringify(change)).toMatchObject({ _tag: "BackendError", backend: "slurm", ...fields })
    expect(error.message).toMatch(message)
  }
  await noJobs()
})

itOnCluster("says that a folder is not shared", { timeout: 60_000 }, async () => {
  await site.cluster.killNode("n2")
  await site.cluster.startNode("n2", { privateMount: site.shared })
  const error = await errorOf(site.options("surrogate", { partition: "far" }))
  expect(error).toMatchObject({ field: "shared", retryable: false })
  expect(error.message).toMatch(
    /the node of job \d+_0 does not see .*; name a folder that login and compute nodes share/,
  )
  await noJobs()
})

itOnCluster("says that the quota is used up, and loses nothing", { timeout: 60_000 }, async () => {
  const small = mkdtempSync(join(tmpdir(), "tt-small-"))
  execFileSync("mount", ["-t", "tmpfs", "-o", "size=96k", "tmpfs", small])
  try {
    const error = await errorOf({ ...site.options("cpu"), shared: small })
    expect(error.message).toMatch(/the disk is full|no space is left/)
    expect(error.message).toContain(small)
    await noJobs()
  } finally {
    execFileSync("umount", [small])
    rmSync(small, { recursive: true })
  }
})

itOnCluster("where there is no Slurm it says where one may be", async () => {
  const before = process.env["PATH"]
  const bin = mkdtempSync(join(tmpdir(), "tt-bin-"))
  process.env["PATH"] = bin
  try {
    const error = await errorOf(site.options("surrogate"))
    expect(error).toMatchObject({ reason: "Unavailable", field: "host", retryable: false })
    expect(error.message).toMatch(/there is no scontrol on this machine, so no Slurm; go to a login node/)
  } finally {
    process.env["PATH"] = before
    rmSync(bin, { recursive: true })
  }
})

itOnCluster(
  "no name gets into a shell, no token into a job, and nobody else may read",
  { timeout: 60_000 },
  async () => {
    const trap = `tt-broke-out-${process.pid}`
    const hostile = join(site.shared, `it's "$(touch ${trap})" ; touch ${trap} & *`)
    mkdirSync(hostile)
    const token = "hf_test_only_4711"
    process.env["HF_TOKEN"] = token
    // Shows what it finds in its environment, then does its work.
    const spy = join(site.shared, "spy.sh")
    writeFileSync(spy, `#!/bin/sh\nenv > '${site.shared}/seen'\nexec "$@"\n`, { mode: 0o700 })
    try {
      const options = site.options("surrogate", {
        shared: hostile,
        worker: [spy, ...workerOf("surrogate")],
        environment: { ODD: `$(touch ${trap})'"\\` },
        onInterrupt: "leave",
      })
      await Effect.runPromise(
        Effect.gen(function* () {
          const { capabilities } = yield* Backend
          expect(capabilities.backend).toBe("slurm")
          const events = yield* Stream.runCollect(
            (yield* Backend).train([fixtureStudy().assignment()]).pipe(Stream.take(3)),
          )
          expect(events.length).toBe(3)
        }).pipe(
          Effect.provide(
            Layer.merge(SlurmBackend.layerWith(options).pipe(Layer.provide(DataSource.layer())), memoryCheckpoints),
          ),
        ),
      )
      for (const folder of [process.cwd(), "/", homedir(), tmpdir(), site.shared, hostile])
        expect(() => statSync(join(folder, trap))).toThrow(/ENOENT/)
      const seen = readFileSync(join(site.shared, "seen"), "utf8")
      expect(seen).toContain(`ODD=$(touch ${trap})'"\\`)
      expect(seen).not.toContain(token)
      const all = readdirSync(hostile, { recursive: true, withFileTypes: true })
      const files = all.filter((entry) => entry.isFile())
      expect(files.map(({ name }) => name)).toContain("job.sh")
      for (const entry of all) {
        const path = join(entry.parentPath, entry.name)
        expect([path, statSync(path).mode & 0o077]).toEqual([path, 0])
        if (entry.isFile()) expect(readFileSync(path, "utf8")).not.toContain(token)
      }
    } finally {
      delete process.env["HF_TOKEN"]
    }
  },
)
