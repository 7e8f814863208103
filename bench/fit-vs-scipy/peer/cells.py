"""One loss profile at a time: optimum, loss and curvature there, their errors, and the interval of the optimum."""
import numpy as np
from scipy.optimize import brentq
from scipy.stats import t as student

from peer.shape import design, inverse_rise, shape


def fit(z, loss, s):
    """Coefficients a, b, c of 1, z, shape(z), and (X'X)^-1."""
    x = design(z, s)
    coefficients = np.linalg.lstsq(x, loss, rcond=None)[0]
    return coefficients, np.linalg.inv(x.T @ x)


def optimum(abc, s):
    """Place, loss and curvature of the minimum; analytic in its arguments, so that complex steps differentiate it."""
    a, b, c = abc
    z = inverse_rise(-b / c, s)
    return np.array([z, a + b * z + c * shape(z, s), c - s * b])


def jacobian(abc, s):
    step = 1e-30
    return np.column_stack([optimum(abc + 1j * step * np.eye(3)[k], s).imag / step for k in range(3)])


def squares_at(z, loss, s, place):
    """Residual sum of squares with the minimum held at a place: what is left free is its loss and its curvature."""
    x = np.column_stack([np.ones_like(z), shape(z - place, s)])
    r = loss - x @ np.linalg.lstsq(x, loss, rcond=None)[0]
    return r @ r


def interval(z, loss, s, place, rise):
    """Where the residual sum of squares has grown by `rise`."""
    lowest = squares_at(z, loss, s, place)

    def excess(at):
        return squares_at(z, loss, s, at) - lowest - rise

    def end(side):
        step = 0.01
        while excess(place + side * step) < 0:
            step *= 1.5
        return brentq(excess, place, place + side * step, xtol=1e-14, rtol=1e-14)

    return np.array([end(-1), end(1)])


def cell(ln_eta, loss, s, skew_error, sigma, degrees, level):
    """Values (ln eta*, loss, curvature), their standard errors, and the ends of eta*."""
    center = ln_eta[len(ln_eta) // 2]
    z = ln_eta - center
    abc, inverse = fit(z, loss, s)
    value = optimum(abc, s)
    g = jacobian(abc, s)
    # Fitted again with a skew one error away: what the doubt of the skew adds.
    other = optimum(fit(z, loss, s + skew_error)[0], s + skew_error)
    error = np.sqrt(sigma**2 * np.diag(g @ inverse @ g.T) + (other - value) ** 2)
    t = student.ppf(0.5 + level / 2, degrees)
    ends = interval(z, loss, s, value[0], (t * sigma) ** 2) - value[0]
    ends = np.sign(ends) * np.hypot(ends, t * (other - value)[0])
    return value + [center, 0, 0], error, value[0] + center + ends
