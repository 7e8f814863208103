/**
 * What an operation is: its slots with their shapes, its reference loop, its gradient rule, its cost.
 *
 * Slots are ordered, so that a device can address them by position. Shapes are patterns of named dimensions
 * (`in`, `3d`), which every buffer of the operation must agree on.
 */
import type { Op, OpKind } from "../Program.ts"

/** What the loops compute on. Arithmetic is in float64; with Float32Array only what is stored is rounded. */
export type Values = Float32Array | Float64Array

/**
 * Whether an output adds to its buffer: never, when the operation lists it in `accumulate`, or always
 * (gradients of parameters).
 */
export type Adds = "never" | "asked" | "always"

/** What a slot takes. */
export interface Pattern<Optional extends boolean = boolean> {
  readonly perToken: boolean
  /** Sizes, or names of sizes with an optional factor (`3d`). `"*"` alone: any shape, equal in all such slots. */
  readonly shape: readonly (number | string)[]
  readonly optional: Optional
  readonly adds: Adds
}

const required = { optional: false, adds: "never" } as const

/** One row of this shape for every token: `N x [...]`. */
export const rows = (...shape: (number | string)[]): Pattern<false> => ({ ...required, perToken: true, shape })
/** A whole buffer of this shape. */
export const whole = (...shape: (number | string)[]): Pattern<false> => ({ ...required, perToken: false, shape })
/** A whole buffer of any shape; all such slots of one operation have the same. */
export const anyShape: Pattern<false> = whole("*")
export const optional = (pattern: Pattern): Pattern<true> => ({ ...pattern, optional: true })
/** An output that adds when `accumulate` lists it. */
export const mayAdd = <O extends boolean>(pattern: Pattern<O>): Pattern<O> => ({ ...pattern, adds: "asked" })
/** An output that always adds. */
export const adds = <O extends boolean>(pattern: Pattern<O>): Pattern<O> => ({ ...pattern, adds: "always" })

export interface Slot extends Pattern {
  readonly name: string
}
export interface ScalarSlot {
  readonly name: string
  readonly optional: boolean
}
export interface AttributeSlot {
  readonly name: string
  readonly type: "number" | "boolean"
}

/** Sizes by dimension name; `S` (sequence length), `V` (vocabulary) and numeric attributes are among them. */
export type Sizes = Readonly<Record<string, number>>

/** Slots resolved to memory. Per-token values hold exactly `rows` rows, whole sequences of `sequenceLength`. */
export interface LoopArguments {
  readonly rows: number
  readonly sequenceLength: number
  readonly input: Readonly<Record<string, Values>>
  readonly output: Readonly<Record<string, Values>>
  /** Output slots that add to what they hold. */
  readonly adds: Readonly<Record<string, boolean>>
  readonly scalar: Readonly<Record<string, number>>
  readonly attribute: Readonly<Record<string, number | boolean>>
  /** Token ids and targets, one each per row. */
  readonly batch: { readonly ids: Int32Array; readonly targets: Int32Array }
}

/** An operation without `accumulate`, which is for the walk over the program to decide. */
export type Backward = Omit<Op, "accumulate">

export interface Definition {
  readonly kind: OpKind
  readonly inputs: readonly Slot[]
  readonly outputs: readonly Slot[]
  readonly scalars: readonly ScalarSlot[]
  readonly attributes: readonly AttributeSlot[]
  /** Inputs are `0`, `1`, ... instead: as many whole buffers, of any shape, as one likes. */
  readonly variadic: boolean
  /** What shapes alone do not say, e.g. that heads divide the width: a sentence when it is violated. */
  readonly constraint: (sizes: Sizes) => string | undefined
  /** The reference: slow, obvious, sums from left to right. */
  readonly loop: (call: LoopArguments) => void
  /** The operation that carries gradients from outputs to inputs; `gradient` names the gradient of a buffer. */
  readonly gradient: ((op: Op, gradient: (buffer: string) => string) => Backward) | undefined
  /** Floating-point operations for `sizes.N` tokens; a multiply-add is two, a transcendental function one. */
  readonly flops: (sizes: Sizes) => number
  /** Elements of a slot that are touched, where that is not all of its buffer. */
  readonly touched: Readonly<Record<string, (sizes: Sizes) => number>>
}

type Patterns = Readonly<Record<string, Pattern>>
type Bound<P extends Patterns> = {
  readonly [K in keyof P as P[K] extends Pattern<true> ? never : K]: Values
} & { readonly [K in keyof P as P[K] extends Pattern<true> ? K : never]?: Values }
type Scalars<N extends string> = {
  readonly [K in N as K extends `${string}?` ? never : K]: number
} & { readonly [K in N as K extends `${infer Name}?` ? Name : never]?: number }
type Attributes<A> = { readonly [K in keyof A]: A[K] extends "number" ? number : boolean }

interface Source<
  I extends Patterns,
  O extends Patterns,
  S extends string,
  A extends Readonly<Record<string, "number" | "boolean">>,
> {
  readonly kind: OpKind
  readonly inputs: I
  readonly outputs: O
  /** Names; a trailing `?` marks an optional one. */
  readonly scalars?: readonly S[]
  readonly attributes?: A
  readonly variadic?: true
  readonly constraint?: Definition["constraint"]
  readonly loop: (
    call: Omit<LoopArguments, "input" | "output" | "adds" | "scalar" | "attribute"> & {
      readonly input: Bound<I>
      readonly output: Bound<O>
      readonly adds: { readonly [K in keyof O]: boolean }
      readonly scalar: Scalars<S>
      readonly attribute: Attributes<A>
    },
  ) => void
  readonly gradient?: NonNullable<Definition["gradient"]>
  readonly flops: Definition["flops"]
  readonly touched?: Definition["touched"]
}

const slots = (patterns: Patterns): Slot[] =>
  Object.entries(patterns).map(([name, pattern]) => Object.freeze({ name, ...pattern }))

/** Writes down an operation; the loop's slots are typed by the patterns. */
export const define = <
  const I extends Patterns,
  const O extends Patterns,
  const S extends string = never,
  const A extends Readonly<Record<string, "number" | "boolean">> = Readonly<Record<never, never>>,
>(
  source: Source<I, O, S, A>,
): Definition => ({
  kind: source.kind,
  inputs: slots(source.inputs),
  outputs: slots(source.outputs),
  scalars: (source.scalars ?? []).map((name) =>
    name.endsWith("?") ? { name: name.slice(0, -1), optional: true } : { name, optional: false },
  ),
  attributes: Object.entries(source.attributes ?? {}).map(([name, type]) => ({ name, type })),
  variadic: source.variadic ?? false,
  constraint: source.constraint ?? (() => undefined),
  // The types that `Source` derives say more than `LoopArguments` can; binding checks what they promise.
  loop: source.loop as unknown as Definition["loop"],
  gradient: source.gradient,
  flops: source.flops,
  touched: source.touched ?? {},
})
