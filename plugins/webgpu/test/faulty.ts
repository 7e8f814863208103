/** What the suites must catch. */
import { Backend } from "@ts/backend"
import type { Device } from "@ts/program"
import { Effect, Layer, Stream } from "effect"

/** Whatever tensor is read, its first number is wrong. */
export const miscounting = (device: Device): Device => ({
  ...device,
  compile: async (...options) => {
    const executable = await device.compile(...options)
    return {
      ...executable,
      read: async (...of) => (await executable.read(...of)).map((value, i) => (i === 0 ? value + 1 : value)),
    }
  },
})

/** Its runs end without a word. */
export const silent = <E>(backend: Layer.Layer<Backend, E>): Layer.Layer<Backend, E> =>
  Layer.effect(
    Backend,
    Effect.map(Backend, (service) => ({
      ...service,
      train: (bundle) => Stream.filter(service.train(bundle), ({ _tag }) => _tag !== "Finished"),
    })),
  ).pipe(Layer.provide(backend))
