"""Overhead batches from the lowest losses, and power laws in the horizon."""
import numpy as np
from scipy.interpolate import PchipInterpolator
from scipy.optimize import brentq
from scipy.stats import chi2
from scipy.stats import t as student


def non_decreasing(y, weights=None):
    """Weighted isotonic regression by its min-max formula."""
    y = np.asarray(y, float)
    w = np.ones_like(y) if weights is None else np.asarray(weights, float)

    def mean(i, j):
        return np.average(y[i : j + 1], weights=w[i : j + 1])

    n = len(y)
    return np.array([max(min(mean(i, j) for j in range(k, n)) for i in range(k + 1)) for k in range(n)])


def tokens_to(ln_tokens, losses, target):
    """Tokens at which a curve, made monotone, reaches a loss; None outside its horizons."""
    down = non_decreasing(-losses)
    if down[0] > -target or down[-1] < -target:
        return None
    curve = PchipInterpolator(ln_tokens, down)
    return np.exp(brentq(lambda x: curve(x) + target, ln_tokens[0], ln_tokens[-1], xtol=1e-14, rtol=1e-14))


def overhead_batches(batches, horizons, losses, overhead=0.2):
    """By horizon the batch needing `overhead` more data than the smallest one; None where no measured batch needs as much."""
    found = []
    for k, tokens in enumerate(horizons):
        needed = [tokens] + [tokens_to(np.log(horizons), curve, losses[0, k]) for curve in losses[1:]]
        known = [(b, t / tokens) for b, t in zip(batches, needed) if t is not None]
        b, ratio = np.array(known).T
        # The reference's ratio is one by definition.
        ratio = non_decreasing(ratio, [1e9] + [1] * (len(ratio) - 1))
        reached = ratio[-1] >= 1 + overhead
        k = np.argmax(ratio >= 1 + overhead)
        share = (1 + overhead - ratio[k - 1]) / (ratio[k] - ratio[k - 1]) if reached else np.nan
        found.append(b[k - 1] * (1 - share) + b[k] * share if reached else None)
    return found


def power_law(tokens, ln_y, errors=None):
    """(exponent, prefactor at the mean of ln tokens), covariance of (ln prefactor, exponent), half-width factor at 90 %."""
    x = np.log(tokens) - np.mean(np.log(tokens))
    w = np.ones_like(x) if errors is None else 1 / np.asarray(errors)
    (slope, level), covariance = np.polyfit(x, ln_y, 1, w=w, cov="unscaled")
    degrees = len(x) - 2
    squares = np.sum((w * (ln_y - level - slope * x)) ** 2)
    # Known errors are believed until the scatter contradicts them at the 10 % level.
    believed = errors is not None and squares <= chi2.ppf(0.9, degrees)
    covariance = covariance[::-1, ::-1] * (1 if believed else squares / degrees)
    t = student.ppf(0.95, np.inf if believed else degrees)
    return np.array([slope, np.exp(level)]), covariance, t


def least_batch(batches, losses):
    """Place and value of the parabola in ln B through the lowest batch and its neighbours."""
    k = np.argmin(losses)
    c = np.polyfit(np.log(batches[k - 1 : k + 2]), losses[k - 1 : k + 2], 2)
    place = -c[1] / (2 * c[0])
    return np.exp(place), np.polyval(c, place)
