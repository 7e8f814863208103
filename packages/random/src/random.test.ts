import { describe, expect, it } from "vitest"
import { permutation, philox4x32, type Random, RandomError, random, sequence } from "./index.ts"

const N = 100_000

// The numbers of seed 42, stream "wte.weight". A change here changes every run ever made: it needs a new major version.
const PINNED = {
  u32: [810688502, 2465297558, 2801200410],
  uniform: [0.37489030646199006, 0.27959807573684337],
  below: [744, 295, 496],
  normal: [-0.8259198868861016, -1.368781429358062, -0.30033831293924185],
}

const mean = (values: ArrayLike<number>) => Array.from(values).reduce((sum, value) => sum + value, 0) / values.length
const moments = (values: ArrayLike<number>) => {
  const centre = mean(values)
  const central = (power: number) => mean(Array.from(values, (value) => (value - centre) ** power))
  const variance = central(2)
  return { mean: centre, variance, skewness: central(3) / variance ** 1.5, kurtosis: central(4) / variance ** 2 }
}
const correlation = (a: ArrayLike<number>, b: ArrayLike<number>) => {
  const [ma, mb] = [moments(a), moments(b)]
  const product = mean(Array.from(a, (value, i) => (value - ma.mean) * (b[i]! - mb.mean)))
  return product / Math.sqrt(ma.variance * mb.variance)
}
const read = (kind: (index: number) => number, count = N, start = 0) =>
  Float64Array.from({ length: count }, (_, i) => kind(start + i))
/** Pearson's statistic over equal cells; its degrees of freedom are `cells - 1`. */
const chiSquare = (counts: ReadonlyArray<number>) => {
  const expected = counts.reduce((sum, count) => sum + count, 0) / counts.length
  return counts.reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0)
}

describe("random", () => {
  it("reads Philox at (index, kind) under the key of (seed, stream)", () => {
    // FNV-1a of eight zero bytes and "a", computed by hand in exact integers.
    let key = 0xcbf29ce484222325n
    for (const byte of [0, 0, 0, 0, 0, 0, 0, 0, 0x61]) key = ((key ^ BigInt(byte)) * 0x100000001b3n) & (2n ** 64n - 1n)
    const words = new Uint32Array(4)
    philox4x32(5, 0, 0, 0, Number(key & 0xffffffffn), Number(key >> 32n), words)
    const stream = random(0, "a")
    expect([20, 21, 22, 23].map((index) => stream.u32(index))).toEqual([...words])
  })

  it("keeps its numbers for ever", () => {
    const stream = random(42, "wte.weight")
    expect([0, 1, 2].map((index) => stream.u32(index))).toEqual(PINNED.u32)
    expect([0, 1].map((index) => stream.uniform(index))).toEqual(PINNED.uniform)
    expect([0, 1, 2].map((index) => stream.below(index, 1000))).toEqual(PINNED.below)
    PINNED.normal.forEach((value, index) => {
      expect(stream.normal(index)).toBeCloseTo(value, 13)
    })
  })

  it("gives the same number in any order", () => {
    const forwards = random(1, "order")
    const backwards = random(1, "order")
    const kinds: ReadonlyArray<(r: Random, i: number) => number> = [
      (r, i) => r.u32(i),
      (r, i) => r.uniform(i),
      (r, i) => r.normal(i),
      (r, i) => r.below(i, 10),
    ]
    const there: Array<number> = []
    for (let i = 0; i < 50; i++) for (const kind of kinds) there.push(kind(forwards, i))
    const back: Array<number> = []
    for (let i = 49; i >= 0; i--) for (const kind of [...kinds].reverse()) back.unshift(kind(backwards, i))
    expect(back).toEqual(there)
  })

  it("reaches indices beyond 2^32 and tells them from small ones", () => {
    const stream = random(1, "far")
    const far = 2 ** 36
    expect(stream.u32(far)).not.toBe(stream.u32(0))
    expect(stream.uniform(Number.MAX_SAFE_INTEGER)).toBeGreaterThan(0)
    expect(Math.abs(moments(read(stream.uniform, 10_000, far)).mean - 0.5)).toBeLessThan(5 * Math.sqrt(1 / 12 / 10_000))
  })

  it("splits into the streams of the same name", () => {
    const split = random(3, "init").split("blocks.0").split("bias")
    expect(split.stream).toBe("init/blocks.0/bias")
    expect(read(split.u32, 10)).toEqual(read(random(3, "init/blocks.0/bias").u32, 10))
  })

  // The seeds are fixed, so these either hold or do not; the bounds are five standard errors.
  it("uniform: moments of the uniform law, in (0, 1)", () => {
    const values = read(random(11, "uniform").uniform)
    const found = moments(values)
    expect(Math.min(...values.subarray(0, 50_000))).toBeGreaterThan(0)
    expect(Math.max(...values.subarray(0, 50_000))).toBeLessThan(1)
    expect(Math.abs(found.mean - 1 / 2)).toBeLessThan(5 * Math.sqrt(1 / 12 / N))
    expect(Math.abs(found.variance - 1 / 12)).toBeLessThan(5 * Math.sqrt(1 / 180 / N))
    const counts = new Array<number>(64).fill(0)
    for (const value of values) counts[Math.floor(value * 64)]!++
    expect(chiSquare(counts)).toBeLessThan(63 + 5 * Math.sqrt(2 * 63))
  })

  it("u32: every bit is set half the time", () => {
    const values = read(random(12, "bits").u32)
    for (let bit = 0; bit < 32; bit++) {
      const share = mean(values.map((value) => (value / 2 ** bit) & 1))
      expect(Math.abs(share - 0.5)).toBeLessThan((5 * 0.5) / Math.sqrt(N))
    }
  })

  it("normal: moments of the standard normal law", () => {
    const found = moments(read(random(13, "normal").normal))
    expect(Math.abs(found.mean)).toBeLessThan(5 / Math.sqrt(N))
    expect(Math.abs(found.variance - 1)).toBeLessThan(5 * Math.sqrt(2 / N))
    expect(Math.abs(found.skewness)).toBeLessThan(5 * Math.sqrt(6 / N))
    expect(Math.abs(found.kurtosis - 3)).toBeLessThan(5 * Math.sqrt(24 / N))
  })

  it("normal: 68.27 % within one standard deviation, 0.27 % beyond three", () => {
    const values = read(random(14, "tails").normal)
    const share = (test: (value: number) => boolean) => values.filter(test).length / N
    expect(Math.abs(share((z) => Math.abs(z) < 1) - 0.682689)).toBeLessThan(5 * Math.sqrt((0.6827 * 0.3173) / N))
    expect(Math.abs(share((z) => Math.abs(z) > 3) - 0.0026998)).toBeLessThan(5 * Math.sqrt(0.0027 / N))
  })

  it("below: equally often, also for an n that is no power of two and for n near 2^53", () => {
    const stream = random(15, "below")
    const counts = new Array<number>(7).fill(0)
    for (let i = 0; i < N; i++) counts[stream.below(i, 7)]!++
    expect(chiSquare(counts)).toBeLessThan(6 + 5 * Math.sqrt(2 * 6))
    // With n = 3 * 2^51 a quarter of the raw draws is rejected; folding them back would favour the low third.
    const n = 3 * 2 ** 51
    const thirds = [0, 0, 0]
    for (let i = 0; i < N; i++) thirds[Math.floor(stream.below(i, n) / 2 ** 51)]!++
    expect(chiSquare(thirds)).toBeLessThan(2 + 5 * Math.sqrt(2 * 2))
    expect(stream.below(0, 1)).toBe(0)
  })

  it("streams, seeds, neighbours and kinds are uncorrelated", () => {
    const base = random(16, "a")
    const a = read(base.normal)
    const others: Record<string, ArrayLike<number>> = {
      "another stream": read(random(16, "b").normal),
      "another seed": read(random(17, "a").normal),
      "the next index": read(base.normal, N, 1),
      "the next pair": read(base.normal, N, 2),
      "another kind": read(base.uniform),
    }
    for (const [name, other] of Object.entries(others))
      expect(Math.abs(correlation(a, other)), name).toBeLessThan(5 / Math.sqrt(N))
    // Box-Muller pairs share a radius: their squares must be uncorrelated too.
    const even = read((i) => base.normal(2 * i) ** 2)
    const odd = read((i) => base.normal(2 * i + 1) ** 2)
    expect(Math.abs(correlation(even, odd))).toBeLessThan(5 / Math.sqrt(N))
  })

  it.each([Float32Array, Float64Array])("fillNormal writes normal(offset + i) * std: %o", (ArrayType) => {
    const stream = random(18, "fill")
    for (const length of [0, 1, 2, 3, 8, 33])
      for (const offset of [0, 1, 2, 7, 2 ** 33 + 1]) {
        const out = new ArrayType(length)
        stream.fillNormal(out, 0.02, offset)
        const expected = new ArrayType(length)
        for (let i = 0; i < length; i++) expected[i] = 0.02 * stream.normal(offset + i)
        expect(out).toEqual(expected)
      }
  })

  it("names what is wrong with a bad argument", () => {
    const stream = random(0, "bad")
    expect(() => random(0.5, "x")).toThrow("seed is 0.5; it must be an integer")
    expect(() => random(Number.NaN, "x")).toThrow(RandomError)
    for (const index of [-1, 0.5, Number.NaN, 2 ** 53]) {
      expect(() => stream.u32(index)).toThrow(RandomError)
      expect(() => stream.uniform(index)).toThrow(RandomError)
      expect(() => stream.normal(index)).toThrow(RandomError)
      expect(() => stream.below(index, 2)).toThrow(RandomError)
      expect(() => stream.fillNormal(new Float32Array(1), 1, index)).toThrow(RandomError)
      expect(() => sequence(stream, index)).toThrow(RandomError)
      expect(() => permutation(stream, index)).toThrow(RandomError)
    }
    expect(() => stream.below(0, 0)).toThrow("n is 0")
    expect(() => stream.fillNormal(new Float32Array(1), -1)).toThrow("std is -1")
    expect(() => stream.fillNormal(new Float32Array(1), Number.NaN)).toThrow("std is NaN")
  })
})

describe("permutation", () => {
  it("is a permutation, the same for the same stream", () => {
    for (const n of [0, 1, 2, 1000]) {
      const order = permutation(random(5, "shuffle"), n)
      expect([...order].sort((a, b) => a - b)).toEqual(Array.from({ length: n }, (_, i) => i))
      expect(permutation(random(5, "shuffle"), n)).toEqual(order)
    }
  })

  it("gives all 24 orders of 4 things equally often", () => {
    const counts = new Map<string, number>()
    for (let i = 0; i < 24_000; i++) {
      const order = permutation(random(i, "orders"), 4).join("")
      counts.set(order, (counts.get(order) ?? 0) + 1)
    }
    expect(counts.size).toBe(24)
    expect(chiSquare([...counts.values()])).toBeLessThan(23 + 5 * Math.sqrt(2 * 23))
  })
})

describe("sequence", () => {
  it("walks the stream and can be taken up again", () => {
    const stream = random(6, "walk")
    const walk = sequence(stream)
    expect([walk.next(), walk.normal(), walk.below(10)]).toEqual([
      stream.uniform(0),
      stream.normal(1),
      stream.below(2, 10),
    ])
    expect(walk.position).toBe(3)
    expect(sequence(stream, walk.position).next()).toBe(walk.next())
  })
})
