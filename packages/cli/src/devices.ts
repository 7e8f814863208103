/** The devices that come with the command, for what looks into a model while it trains. */
import { BackendError } from "@ts/backend"
import { cpuAvailability, cpuDevice } from "@ts/backend-cpu"
import { type Device, referenceDevice } from "@ts/program"
import { Effect, type Scope } from "effect"
import { Flag } from "effect/cli"
import { talk } from "./output.ts"
import { choice, webgpu } from "./webgpu.ts"

type Opened = Effect.Effect<Device, BackendError, Scope.Scope>

const opened = <A extends Device>(backend: string, open: () => Promise<A>) =>
  Effect.tryPromise({
    try: open,
    catch: (cause) =>
      new BackendError({ backend, reason: "Unavailable", message: (cause as Error).message, retryable: false, cause }),
  })

const cpu: Opened = Effect.suspend(() => {
  const available = cpuAvailability()
  return available.available
    ? opened("cpu", () => cpuDevice())
    : Effect.as(talk(`${available.reason}\nThe portable reference device does it, more slowly.`), referenceDevice())
})

const gpu: Opened = Effect.flatMap(webgpu, ({ webgpuDevice }) =>
  Effect.acquireRelease(
    opened("webgpu", () => webgpuDevice(choice)),
    (device) => Effect.promise(() => device.close()),
  ),
)

export const devices = { cpu, webgpu: gpu, reference: Effect.sync(() => referenceDevice()) } satisfies Record<
  string,
  Opened
>

export const deviceFlag = Flag.Literals("backend", Object.keys(devices) as Array<keyof typeof devices>).pipe(
  Flag.withAlias("b"),
  Flag.withDescription("The device that trains (see: time-transfer backends)"),
  Flag.withDefault("cpu" as const),
)
