import { TooLarge } from "@ts/program"

/** No WebGPU here; the message says what is missing and what to do. */
export class WebGpuUnavailable extends Error {
  override readonly name = "WebGpuUnavailable"
}

/** The adapter lacks something that was asked for by an option. */
export class FeatureMissing extends Error {
  override readonly name = "FeatureMissing"
  readonly feature: string
  constructor(adapter: string, feature: string, option: string) {
    super(`${option} needs the feature "${feature}", which ${adapter} does not have; leave the option out`)
    this.feature = feature
  }
}

/** A tensor is larger than the adapter allows. Found before anything is allocated. */
export class LimitTooSmall extends TooLarge {
  override readonly name = "LimitTooSmall"
  readonly limit: string
  readonly value: number
  readonly tensor: string
  readonly bytes: number
  constructor(limit: string, value: number, tensor: string, bytes: number, advice: string) {
    super(`the adapter's ${limit} of ${value} bytes is too small for "${tensor}", which takes ${bytes} (${advice})`)
    this.limit = limit
    this.value = value
    this.tensor = tensor
    this.bytes = bytes
  }
}

/** Of so many lanes, and what to do about it: fewer, where there are several. */
export const inLanes = (lanes: number, otherwise: string): string =>
  lanes === 1 ? `: take ${otherwise}` : ` in ${lanes} lanes: take fewer lanes, ${otherwise}`

/** The adapter has no memory left for what was asked. */
export class OutOfMemory extends TooLarge {
  override readonly name = "OutOfMemory"
  readonly bytes: number
  constructor(bytes: number, cause: string) {
    super(
      `the adapter has no memory for ${bytes} bytes (${cause}); train fewer lanes (--lanes) or micro-batches of fewer tokens, or close other pages and programs that use it`,
    )
    this.bytes = bytes
  }
}

/**
 * The GPU went away: a driver that was reset, a sleeping laptop, a page that used too much. What was in its memory is lost; the next
 * `compile` asks for a new one.
 */
export class DeviceLost extends Error {
  override readonly name = "DeviceLost"
  constructor(reason: string) {
    super(`the GPU was lost (${reason}); compile again to have the next one: training goes on from the last checkpoint`)
  }
}
