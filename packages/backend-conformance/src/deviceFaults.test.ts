/** The suite's own test: each kind of broken device fails the cases that are about its fault, and no others. */
import { type Call, type Device, type Executable, type Op, referenceDevice, type Training } from "@ts/program"
import { describe, expect, it } from "vitest"
import { deviceCases } from "./device.ts"

const sound = referenceDevice()

/** A device that computes something else than it is asked for. */
const miscompiling = (change: (op: Op) => Op | undefined): Device => ({
  info: sound.info,
  compile: (training, options) => {
    const edit = (ops: readonly Op[]) => ops.map(change).filter((op) => op !== undefined)
    const { grad, update, evaluate } = training
    return sound.compile(
      { ...training, grad: edit(grad), update: edit(update), evaluate: edit(evaluate) } satisfies Training,
      options,
    )
  },
})
/** A device whose executables misbehave. */
const misbehaving = (change: (executable: Executable) => Partial<Executable>): Device => ({
  info: sound.info,
  compile: async (training, options) => {
    const executable = await sound.compile(training, options)
    return { ...executable, ...change(executable) }
  },
})
const only = (kind: Op["kind"], change: (op: Op) => Op | undefined) =>
  miscompiling((op) => (op.kind === kind ? change(op) : op))

// The largest shapes are left out: they take time and tell these faults apart no better.
const cases = Object.entries(deviceCases()).flatMap(([topic, list]) =>
  list.map((one) => ({ ...one, name: `${topic}: ${one.name}` })).filter(({ name }) => !/ 1 x \d/.test(name)),
)

const failing = async (device: Device): Promise<string[]> => {
  const failed: string[] = []
  for (const { name, run } of cases) await run(device).catch(() => failed.push(name))
  return failed
}

const trains = "steps: |determinism: |contract: "

describe("a device is caught that", () => {
  it.each<[string, Device, RegExp, readonly RegExp[]]>([
    [
      "has no ALiBi",
      miscompiling((op) => ("alibi" in op.attributes ? { ...op, attributes: { ...op.attributes, alibi: false } } : op)),
      /^(operations: attention with ALiBi|steps: 8 steps)/,
      [/attention with ALiBi:/, /attention with ALiBi beside/, /steps: 8 steps/],
    ],
    [
      "overwrites a gradient that it should add to",
      only("gelu_backward", (op) => ({ ...op, accumulate: [] })),
      /^operations: gelu beside a residual/,
      [/gelu beside a residual/],
    ],
    [
      "forgets the gradient of biases",
      only("linear_backward", ({ outputs: { dbias: _, ...outputs }, ...op }) => ({
        ...op,
        outputs,
        accumulate: op.accumulate.filter((slot) => slot !== "dbias"),
      })),
      /^(operations: linear with bias and scale|steps: 8 steps)/,
      [/linear with bias and scale: width 32/],
    ],
    [
      "turns the wrong way backward",
      only("rotary_backward", (op) => ({ ...op, attributes: { ...op.attributes, theta: 9_999 } })),
      /^operations: rotary/,
      [/rotary: width 32/],
    ],
    [
      "decays by the wrong multiplier",
      only("adamw", (op) => ({ ...op, scalars: { ...op.scalars, decayMultiplier: op.scalars["etaMultiplier"] } })),
      /^(updates: adamw|steps: 8 steps)/,
      [/updates: adamw/],
    ],
    [
      "keeps no averages",
      only("average", () => undefined),
      /^(updates: |steps: evaluate with an average)/,
      [/sgd and av/],
    ],
    [
      "updates inactive lanes",
      misbehaving(({ run }) => ({ run: (calls) => run(calls) })),
      /^determinism: inactive lanes/,
      [/inactive lanes/],
    ],
    [
      "gives every lane the tokens of the first",
      misbehaving(({ run }) => ({
        run: (calls, active) =>
          run(
            calls.map(
              (call): Call => ("tokens" in call ? { ...call, tokens: call.tokens.map(() => call.tokens[0]) } : call),
            ),
            active,
          ),
      })),
      /^determinism: a lane/,
      [/alone and among 4/],
    ],
    [
      "sums differently for another micro-batch",
      misbehaving(({ run }) => ({
        run: async (calls, active) => {
          const results = await run(calls, active)
          return results.map((values, i) => {
            const call = calls[i]
            return "sequences" in call ? values.map((value) => value * (1 + call.sequences * 1e-15)) : values
          })
        },
      })),
      /^determinism: a batch/,
      [/however whole blocks/],
    ],
    [
      "is off by more than rounding",
      misbehaving(({ read }) => ({ read: async (...of) => (await read(...of)).map((value) => value * (1 + 1e-9)) })),
      new RegExp(`^(operations: |updates: |${trains})`),
      [/operations: embed, linear/, /operations: attention:/, /operations: qk_norm:/],
    ],
    [
      "leaves the gradient after measure",
      misbehaving(({ run }) => {
        let last: Call = { program: "measure" }
        return {
          run: async (calls, active) => {
            const results = await run(calls, active)
            last = calls.findLast(({ program }) => program === "grad") ?? last
            if (calls.some(({ program }) => program === "measure") && last.program === "grad") await run([last], active)
            return results
          },
        }
      }),
      /^(steps: grad adds|determinism: inactive lanes)/,
      [/steps: grad adds/],
    ],
    [
      "runs on without an operation it lacks",
      miscompiling((op) => ((op.kind as string) === "warp" ? undefined : op)),
      /^contract: an operation it lacks/,
      [/UnsupportedOperation/],
    ],
  ])("%s", async (_, device, allowed, demanded) => {
    const failed = await failing(device)
    for (const name of failed) expect(name).toMatch(allowed)
    for (const name of demanded) expect(failed.join("\n")).toMatch(name)
  })
})

it("a sound device is not", async () => expect(await failing(sound)).toEqual([]))
