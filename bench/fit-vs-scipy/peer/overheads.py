"""Overhead batches of all resamples at once."""
import numpy as np
from scipy.interpolate import PchipInterpolator

from peer.curves import non_decreasing


def isotonic(y, first=1.0):
    """Isotonic regression along the last axis, the first entry weighing `first`; only what is out of order is worked on."""
    out = np.array(y)
    wrong = (np.diff(y, axis=-1) < 0).any(-1)
    part = y[wrong]
    n = y.shape[-1]
    weight = np.ones(n)
    weight[0] = first
    mass = np.concatenate([[0], np.cumsum(weight)])
    sums = np.concatenate([np.zeros(part.shape[:-1] + (1,)), np.cumsum(weight * part, -1)], -1)
    low = np.full(part.shape, -np.inf)
    for i in range(n):
        means = (sums[..., i + 1 :] - sums[..., i : i + 1]) / (mass[i + 1 :] - mass[i])
        least = np.minimum.accumulate(means[..., ::-1], -1)[..., ::-1]
        low[..., i:] = np.maximum(low[..., i:], least)
    out[wrong] = low
    return out


def root(c, goal, width):
    """Where increasing cubics c[0] t^3 + ... + c[3] on 0 to width reach their goals."""
    low, high = np.zeros_like(goal), np.broadcast_to(width, goal.shape).copy()
    t = high / 2
    for _ in range(6):
        below = ((c[0] * t + c[1]) * t + c[2]) * t + c[3] < goal
        low, high = np.where(below, t, low), np.where(below, high, t)
        t = (low + high) / 2
    for _ in range(4):
        slope = (3 * c[0] * t + 2 * c[1]) * t + c[2]
        excess = ((c[0] * t + c[1]) * t + c[2]) * t + c[3] - goal
        t = np.clip(t - excess / np.where(slope > 0, slope, np.inf), low, high)
    return t


def tokens_needed(horizons, losses):
    """Tokens at which each batch has the loss of the first one at each horizon; NaN outside the measured horizons.

    losses: resamples x batches x horizons.
    """
    x = np.log(horizons)
    down = isotonic(-losses[:, 1:])
    goal = np.broadcast_to(-losses[:, :1], down.shape)
    c = PchipInterpolator(x, down, axis=2).c  # 4 x intervals x resamples x batches
    after = (down[:, :, None, :] < goal[:, :, :, None]).sum(-1)
    needed = np.full(losses.shape, np.nan)
    needed[:, 0] = horizons
    inside = (after > 0) & (after < len(x))
    r, b, t = np.nonzero(inside)
    k = after[inside] - 1
    part = c[:, k, r, b]
    needed[:, 1:][inside] = np.exp(x[k] + root(part, goal[inside], np.diff(x)[k]))
    # At the first knot exactly, or before it.
    needed[:, 1:][(after == 0) & (down[:, :, :1] == goal)] = horizons[0]
    return needed


def crossing(batches, ratio, goal):
    """One list of ratios with gaps, the slow way."""
    known = np.flatnonzero(~np.isnan(ratio))
    b, y = batches[known], non_decreasing(ratio[known], [1e9] + [1] * (len(known) - 1))
    reached = np.flatnonzero(y >= goal)
    if len(reached) == 0:
        return np.inf
    k = reached[0]
    share = (goal - y[k - 1]) / (y[k] - y[k - 1])
    return b[k - 1] * (1 - share) + b[k] * share


def overhead_batches(batches, horizons, losses, overhead=0.2):
    """Batch with `overhead` more data than the first, resamples x horizons; infinite where no measured batch needs as much."""
    goal = 1 + overhead
    ratio = (tokens_needed(horizons, losses) / horizons).transpose(0, 2, 1)
    unknown = np.isnan(ratio)
    y = isotonic(np.where(unknown, 1e6, ratio), 1e9)
    k = (y >= goal).argmax(-1)[..., None]
    upper, lower = np.take_along_axis(y, k, -1), np.take_along_axis(y, k - 1, -1)
    share = (goal - lower) / (upper - lower)
    found = (batches[k - 1] * (1 - share) + batches[k] * share)[..., 0]
    found[(k == 0)[..., 0] | np.take_along_axis(unknown, k, -1)[..., 0]] = np.inf
    # Gaps before a known ratio: rare.
    for r, t in zip(*np.nonzero((unknown[..., :-1] & ~unknown[..., 1:]).any(-1))):
        found[r, t] = crossing(batches, ratio[r, t], goal)
    balance = (found - goal * batches[0]) / overhead
    return np.where(balance < batches[0] / 2, -np.inf, found)
