/** Any backend, with one thing wrong with it. */
import { Backend, BackendError, type RunEvent } from "@ts/backend"
import { Effect, Layer, Option, Stream } from "effect"

export const backendFaults = {
  hangs: "says nothing more, and does not end",
  crashes: "dies of a defect while it trains",
  throws: "throws before it gives a stream",
  "fails retryably": "fails with an error that may pass",
  "measures NaN": "tells of losses that are no numbers",
  "tells twice": "tells every event twice",
  "tells out of order": "swaps each event with the next",
  "tells of unknown runs": "tells of a run that nobody asked for",
  "ends early": "ends without saying how the run did",
} as const
export type BackendFault = keyof typeof backendFaults

export interface FaultyOptions {
  /** How often it goes wrong, each time in a new call of `train`; always unless given. */
  readonly times?: number
  /** Events that the run at fault tells before, at least; of faults in a stream. 1 unless given: `Started`. */
  readonly after?: number
  /** Which run is at fault: the first that is trained, unless given. */
  readonly runId?: string
  /** What was seen of it. */
  readonly seen?: { happened: number; runId?: string }
}

type Service = Backend["Service"]
type Bundle = Parameters<Service["train"]>[0]
type Events<E = BackendError, R = never> = Stream.Stream<RunEvent, E, R>

const nan = (event: RunEvent): RunEvent => (event._tag === "Evaluated" ? { ...event, loss: Number.NaN } : event)

const stranger = (event: RunEvent): RunEvent =>
  ({
    _tag: "Stepped",
    runId: "f".repeat(16),
    tokens: event.tokens,
    step: 1,
    loss: 1,
    gradientNorm: 1,
    eta: 1,
  }) as RunEvent

/** What comes of one event of the run at fault, from the event on at which the fault begins. */
const inStream = (fault: BackendFault, backend: string): ((event: RunEvent) => Events) => {
  switch (fault) {
    case "hangs":
      return () => Stream.never
    case "crashes":
      return () => Stream.die(new TypeError("cannot read properties of undefined (reading 'loss')"))
    case "fails retryably":
      return (event) =>
        Stream.fail(
          new BackendError({
            backend,
            reason: "Device",
            message: "the device fell off the bus",
            retryable: true,
            runId: event.runId,
          }),
        )
    case "measures NaN":
      return (event) => Stream.succeed(nan(event))
    case "tells twice":
      return (event) => Stream.make(event, event)
    case "tells of unknown runs":
      return (event) => Stream.make(stranger(event), event)
    default:
      return Stream.succeed
  }
}

const swapped = <E, R>(events: Events<E, R>, isAtFault: (event: RunEvent) => boolean): Events<E, R> =>
  events.pipe(
    Stream.map(Option.some),
    Stream.concat(Stream.succeed(Option.none<RunEvent>())),
    Stream.mapAccum(
      () => [] as ReadonlyArray<RunEvent>,
      (held, next): readonly [ReadonlyArray<RunEvent>, ReadonlyArray<RunEvent>] => {
        if (Option.isNone(next)) return [[], held]
        if (!isAtFault(next.value)) return [held, [next.value]]
        return held.length === 0 ? [[next.value], []] : [[], [next.value, ...held]]
      },
    ),
  )

/** The backend of a layer with one fault, in the events of one run. */
export const faulty = <E, R>(
  layer: Layer.Layer<Backend, E, R>,
  fault: BackendFault,
  { times = Number.POSITIVE_INFINITY, after = 1, runId, seen = { happened: 0 } }: FaultyOptions = {},
): Layer.Layer<Backend, E, R> =>
  Layer.effect(
    Backend,
    Effect.map(Backend, (inner): Service => {
      const { backend } = inner.capabilities
      let target = runId
      let left = times
      const strike = () => {
        left--
        seen.happened++
        if (target !== undefined) seen.runId = target
      }
      const train = (bundle: Bundle) => {
        if (fault === "throws" && left > 0) {
          strike()
          throw new TypeError("cannot read properties of undefined (reading 'model')")
        }
        const events = inner.train(bundle)
        return Stream.suspend(() => {
          let [told, struck] = [0, false]
          const isAtFault = (event: RunEvent): boolean => {
            // Waiting in a queue is no part of a run: any silence after it is in order.
            if (event._tag === "Queued") return false
            target ??= event.runId
            if (event.runId !== target || ++told <= after || (left <= 0 && !struck)) return false
            if (!struck) strike()
            struck = true
            return true
          }
          if (fault === "tells out of order") return swapped(events, isAtFault)
          if (fault === "ends early") return Stream.takeUntil(events, isAtFault, { excludeLast: true })
          const change = inStream(fault, backend)
          return Stream.flatMap(events, (event) => (isAtFault(event) ? change(event) : Stream.succeed(event)))
        })
      }
      return Backend.of({ ...inner, train })
    }),
  ).pipe(Layer.provide(layer))
