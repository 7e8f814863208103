"""Fits the polynomial of gaussian() in native/math.h: python3 scripts/fit-gaussian.py (needs numpy and mpmath).

h(a) = erfcx(a / sqrt 2) / 2 on [0, 13.5] as a polynomial of degree 8 in t = 1 / (1 + 0.3 a), least relative error: weighted
least squares on Chebyshev points, reweighted towards the largest errors (Lawson 1961).
"""
import mpmath
import numpy as np

C, DEGREE, LAST, POINTS = 0.3, 8, 13.5, 400
mpmath.mp.dps = 40


def h(a):
    return mpmath.erfc(a / mpmath.sqrt(2)) * mpmath.exp(a * a / 2) / 2


least = 1 / (1 + C * LAST)
t = (least + 1) / 2 + (1 - least) / 2 * np.cos(np.pi * (2 * np.arange(POINTS) + 1) / (2 * POINTS))
truth = np.array([float(h(mpmath.mpf((1 / x - 1) / C))) for x in t])
system = np.vander(t, DEGREE + 1, increasing=True) / truth[:, None]
weight = np.ones(POINTS)
for _ in range(60):
    root = np.sqrt(weight)
    coefficients, *_ = np.linalg.lstsq(system * root[:, None], root, rcond=None)
    error = np.abs(system @ coefficients - 1)
    weight *= error / error.max() + 1e-3
    weight /= weight.sum()
print("largest relative error", error.max())
for power in range(DEGREE, -1, -1):
    print(power, repr(float(coefficients[power])))
