/** The documents of the worker protocol, version 1; ../PROTOCOL.md tells the same to people. */
import { Assignment, BackendError, BackendErrorReason, Capabilities, RunEvent, RunId } from "@ts/backend"
import { Schema } from "effect"

export const PROTOCOL = 1

/** Environment variable with the name of this attempt at an order. */
export const ATTEMPT_VARIABLE = "TIME_TRANSFER_ATTEMPT"

/** In the folder of an order's journals: the file that holds the name of the attempt that may go on. */
export const ATTEMPT_FILE = "attempt"

/** Exit codes of a worker, for scripts; drivers go by its messages. */
export const workerExit = { done: 0, failed: 1, stopped: 75 } as const

const Path = Schema.NonEmptyString

/** One run of an order, with all that a worker would otherwise have to derive. */
export const OrderedRun = Schema.Struct({
  runId: RunId,
  assignment: Assignment,
  /** Where the manifest of its corpus lies; absent when the worker reads no data. */
  data: Schema.optionalKey(Path),
  /** `PlanDocument` of `@ts/mup`; absent when the worker derives its own. */
  plan: Schema.optionalKey(Schema.Unknown),
})
export type OrderedRun = typeof OrderedRun.Type

/** What a worker is asked for: one JSON document on its standard input. */
export const Order = Schema.Union([
  Schema.Struct({ protocol: Schema.Literal(PROTOCOL), do: Schema.Literal("describe") }),
  Schema.Struct({
    protocol: Schema.Literal(PROTOCOL),
    do: Schema.Literal("check"),
    runs: Schema.NonEmptyArray(OrderedRun),
  }),
  Schema.Struct({
    protocol: Schema.Literal(PROTOCOL),
    do: Schema.Literal("train"),
    runs: Schema.NonEmptyArray(OrderedRun),
    /** Folder of checkpoints, by run. */
    checkpoints: Path,
    /** By precision: what the worker's `numericsId` has to be. */
    numerics: Schema.Record(Schema.String, Schema.String),
    /** Folder with the outputs of attempts at this very order, `*.jsonl`: what they tell is not told again. */
    journals: Schema.optionalKey(Path),
  }),
])
export type Order = typeof Order.Type
export type TrainOrder = Extract<Order, { readonly do: "train" }>

const seq = Schema.Int.check(Schema.isGreaterThan(0))

/** What a worker says: one JSON document a line on its standard output, `seq` counting from 1. */
export const Message = Schema.Union([
  /** First of all. */
  Schema.TaggedStruct("Hello", {
    seq,
    protocol: Schema.Int,
    /** Name and version, for people. */
    worker: Schema.String,
    /** What an order's runs have to come with. */
    needs: Schema.Array(Schema.Literals(["data", "plan"])),
    capabilities: Capabilities,
  }),
  Schema.TaggedStruct("Event", { seq, event: RunEvent }),
  /** Nothing new, and still at work. */
  Schema.TaggedStruct("Alive", { seq }),
  /** Last, when the order cannot be met. */
  Schema.TaggedStruct("Error", {
    seq,
    reason: BackendErrorReason,
    message: Schema.String,
    retryable: Schema.Boolean,
    runId: Schema.optionalKey(Schema.String),
    field: Schema.optionalKey(Schema.String),
  }),
  /** Last: all is told, or a signal came and everything is kept. */
  Schema.TaggedStruct("End", { seq, how: Schema.Literals(["done", "stopped"]) }),
])
export type Message = typeof Message.Type
/** A message before it is numbered. */
export type Saying = Message extends infer M ? (M extends Message ? Omit<M, "seq"> : never) : never

export const decodeOrder = Schema.decodeUnknownEffect(Schema.fromJsonString(Order))
export const encodeOrder = Schema.encodeSync(Schema.fromJsonString(Order))

export const errorOf = (backend: string, { _tag, seq: _, ...fields }: Extract<Message, { _tag: "Error" }>) =>
  new BackendError({ backend, ...fields })
