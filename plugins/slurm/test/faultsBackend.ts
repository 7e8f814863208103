/**
 * The backend of a cluster that is up already, for processes that load it by name: `SLURM_CONF` tells which, `TIME_TRANSFER_TEST_SHARED`
 * where its nodes and drivers meet.
 */
import { tmpdir } from "node:os"
import { join } from "node:path"
import { DataSource } from "@ts/data"
import { Layer } from "effect"
import { SlurmBackend } from "../src/index.ts"
import { hurried, workerOf } from "./site.ts"

export const SHARED = "TIME_TRANSFER_TEST_SHARED"

export const layer = Layer.suspend(() =>
  SlurmBackend.layerWith({
    shared: process.env[SHARED] ?? "",
    worker: workerOf("surrogate"),
    environment: { NODE_COMPILE_CACHE: join(tmpdir(), "time-transfer-test-compiled") },
    onInterrupt: "cancel",
    ...hurried,
    // Some faults let the clock run a hundred times faster.
    timeoutSeconds: 2000,
    graceSeconds: 2000,
  }),
).pipe(Layer.provide(DataSource.layer()))
