"""The loss profile about its minimum: m + k (exp(s z) - 1 - s z) / s^2, z = ln eta - ln eta*, at s = 0 m + k z^2 / 2."""
from math import factorial

import numpy as np


def rise(z, s):
    """First derivative of the shape."""
    return z if s == 0 else np.expm1(s * z) / s


def shape(z, s):
    if abs(s) > 0.1:
        return (np.exp(s * z) - 1 - s * z) / s**2
    # The terms of the closed form cancel for a small skew; its series does not.
    return z * z * sum((s * z) ** k / float(factorial(k + 2)) for k in range(20))


def inverse_rise(value, s):
    return value if s == 0 else np.log1p(s * value) / s


def design(z, s):
    """Columns 1, z, shape(z)."""
    return np.column_stack([np.ones_like(z), z, shape(z, s)])
