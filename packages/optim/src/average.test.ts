import { describe, expect, it } from "vitest"
import { averageName, averageRead, averageStep, HyperparameterError } from "./index.ts"

const arrays = [Float32Array, Float64Array]
const decays = [0, 0.5, 0.99, 0.9999]

describe.each(arrays)("weight averages on %o", (ArrayType) => {
  const digits = ArrayType === Float64Array ? 12 : 4

  it("of constant weights are those weights from the first step on", () => {
    for (const decay of decays) {
      const param = new ArrayType([1, -2, 0.5])
      const [avg, out] = [new ArrayType(3), new ArrayType(3)]
      for (let t = 1; t <= 20; t++) {
        averageStep(avg, param, decay)
        averageRead(avg, decay, t, out)
        out.forEach((value, i) => {
          expect(value).toBeCloseTo(param[i]!, digits - 1)
        })
      }
    }
  })

  it("weigh step i of t by (1 - decay) decay^(t - i) / (1 - decay^t), several decays at once", () => {
    const series = Array.from({ length: 25 }, (_, t) => Math.sin(t) + t / 10)
    const averages = decays.map((decay) => ({ decay, avg: new ArrayType(1) }))
    const out = new ArrayType(1)
    series.forEach((_, last) => {
      const t = last + 1
      for (const { decay, avg } of averages) {
        averageStep(avg, new ArrayType([series[last]!]), decay)
        averageRead(avg, decay, t, out)
        let [sum, weights] = [0, 0]
        for (let i = 1; i <= t; i++) {
          sum += decay ** (t - i) * series[i - 1]!
          weights += decay ** (t - i)
        }
        expect(out[0]).toBeCloseTo(sum / weights, digits - 2)
      }
    })
  })
})

describe("averageName", () => {
  it("is short and exact", () => {
    expect([0.99, 0.9995, 0].map(averageName)).toEqual(["ewa:0.99", "ewa:0.9995", "ewa:0"])
  })
})

describe("validation", () => {
  it("names the field", () => {
    const one = new Float64Array(1)
    for (const decay of [1, -0.1, Number.NaN]) {
      expect(() => averageName(decay)).toThrow(HyperparameterError)
      expect(() => averageStep(one, one, decay)).toThrow("decay is")
      expect(() => averageRead(one, decay, 1, one)).toThrow("decay is")
    }
    expect(() => averageRead(one, 0.9, 0, one)).toThrow("t is 0; it must be a whole number of steps, counted from 1")
    expect(() => averageStep(one, new Float64Array(2), 0.9)).toThrow("avg.length is 1")
    expect(() => averageRead(one, 0.9, 1, new Float64Array(2))).toThrow("out.length is 2")
  })
})
