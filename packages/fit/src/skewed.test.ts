import fc from "fast-check"
import { describe, expect, it } from "vitest"
import { profileLoss, rise, riseBySkew, riseInverse, shape, shapeBySkew } from "./skewed.ts"

/** The closed form, good where s z is far from zero. */
const closed = (z: number, s: number) => (Math.exp(s * z) - 1 - s * z) / (s * s)

/** Taylor's series in s z with twenty terms: good where it is not large. */
const series = (z: number, s: number) => {
  let term = z * z * 0.5
  let sum = 0
  for (let k = 3; k < 23; k++) {
    sum += term
    term *= (s * z) / k
  }
  return sum
}

describe("the shape of a profile", () => {
  it("is its closed form, on both sides and for both signs of the skew", () => {
    for (const s of [-1.2, -0.3, 0.4, 2])
      for (const z of [-2, -0.7, 0.6, 1.9]) expect(shape(z, s) / closed(z, s)).toBeCloseTo(1, 12)
  })

  it("keeps its digits on both sides of the change to the series", () => {
    for (const u of [-0.5, -0.0101, -0.00101, -0.00099, -1e-4, -1e-9, 1e-9, 1e-4, 0.00099, 0.00101, 0.0101, 0.5])
      for (const z of [-3, 0.2, 1]) {
        const s = u / z
        // Above, expm1(u) - u loses three of sixteen digits at u = 0.001.
        expect(shape(z, s) / series(z, s)).toBeCloseTo(1, 9)
        if (Math.abs(u) < 1e-3) expect(shape(z, s) / series(z, s)).toBeCloseTo(1, 14)
      }
  })

  it("is a parabola without skew", () => {
    for (const z of [-2, 0, 0.3]) expect(shape(z, 0)).toBe(z ** 2 / 2)
    expect(rise(-1.3, 0)).toBe(-1.3)
    expect(riseInverse(-1.3, 0)).toBe(-1.3)
  })

  it("has rise for its derivative, and riseBySkew for that of rise", () => {
    const h = 1e-5
    for (const s of [-0.8, -1e-5, 0, 1e-4, 0.5])
      for (const z of [-1.7, -0.001, 0, 0.4, 2.2]) {
        expect(rise(z, s)).toBeCloseTo((shape(z + h, s) - shape(z - h, s)) / (2 * h), 8)
        expect(riseBySkew(z, s)).toBeCloseTo((rise(z, s + h) - rise(z, s - h)) / (2 * h), 8)
      }
  })

  it("follows the skew as the series says: z^2/2 + s z^3/3 + s^2 z^4/8", () => {
    for (const z of [-2, 0.5, 1.5])
      for (const s of [-4e-4, 0, 3e-4])
        expect(riseBySkew(z, s)).toBeCloseTo(z ** 2 / 2 + (s * z ** 3) / 3 + (s ** 2 * z ** 4) / 8, 10)
    // Closed form: d/ds (e^{sz} - 1)/s = (z s e^{sz} - e^{sz} + 1)/s^2.
    for (const s of [-0.9, 0.7]) {
      const e = Math.exp(1.3 * s)
      expect(riseBySkew(1.3, s)).toBeCloseTo((1.3 * s * e - e + 1) / s ** 2, 12)
    }
    // On both sides of the change to the series.
    for (const u of [-0.00101, -0.00099, 0.00099, 0.00101])
      expect(riseBySkew(1, u) / (1 / 2 + u / 3 + u ** 2 / 8 + u ** 3 / 30)).toBeCloseTo(1, 9)
  })

  it("has third over second derivative equal to the skew at the minimum", () => {
    const h = 1e-2
    for (const s of [-0.5, 0.4]) {
      const third = (shape(2 * h, s) - 2 * shape(h, s) + 2 * shape(-h, s) - shape(-2 * h, s)) / (2 * h ** 3)
      expect(third).toBeCloseTo(s, 4)
    }
  })
})

describe("the inverse of the rise", () => {
  it("finds where the slope takes a value", () => {
    fc.assert(
      fc.property(
        fc.double({ min: -3, max: 3, noNaN: true }),
        fc.double({ min: -1.5, max: 3, noNaN: true }),
        (z, s) => {
          // Numbers without all their digits have no inverse.
          fc.pre(Math.abs(s) > 1e-300 && Math.abs(s * z) > 1e-300)
          expect(riseInverse(rise(z, s), s)).toBeCloseTo(z, 8)
        },
      ),
      { numRuns: 200, seed: 1 },
    )
  })

  it("is NaN beyond the asymptote, where the slope never goes", () => {
    expect(riseInverse(-2, 0.5)).toBeNaN()
    expect(riseInverse(-2.1, 0.5)).toBeNaN()
    expect(riseInverse(-1.99, 0.5)).toBeCloseTo(Math.log(0.005) / 0.5, 10)
    expect(riseInverse(2.1, -0.5)).toBeNaN()
    expect(riseInverse(1.9, -0.5)).toBeCloseTo(Math.log(0.05) / -0.5, 10)
  })
})

it("gives the loss of a fitted profile at a rate", () => {
  const profile = { center: 0.01, minimum: 2.3, curvature: 0.06, skew: 0.4, from: 0.005, to: 0.02 }
  expect(profileLoss(profile, Math.log(0.01))).toBe(2.3)
  expect(profileLoss(profile, Math.log(0.03))).toBeCloseTo(2.3 + 0.06 * closed(Math.log(3), 0.4), 14)
  expect(profileLoss({ ...profile, skew: 0 }, Math.log(0.005))).toBeCloseTo(2.3 + 0.03 * Math.LN2 ** 2, 14)
})

it("follows the skew as central differences do, across the switch to the series", () => {
  const h = 1e-5
  for (const skew of [-0.8, -0.02, -1e-3, 0, 1e-4, 0.019, 0.021, 0.7])
    for (const z of [-1.4, -0.3, 0.01, 0.7, 1.5]) {
      const difference = (shape(z, skew + h) - shape(z, skew - h)) / (2 * h)
      expect(shapeBySkew(z, skew)).toBeCloseTo(difference, 7)
    }
  expect(shapeBySkew(1, 0)).toBeCloseTo(1 / 6, 15)
})
