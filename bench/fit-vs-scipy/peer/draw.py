"""Losses drawn again under the noise of trunks and readings, and what they make of every profile, for all resamples at once.

Gaussian noise makes Gaussian coefficients: they are drawn straight from their covariance, block by block, which saves drawing
every reading.
"""
import numpy as np


def draw(w, resamples, seed):
    """Coefficients, resamples x cells x 3, and the skew of each resample."""
    rng = np.random.default_rng(seed)
    skew = w.skew_error * rng.standard_normal(resamples)
    count, size = w.blocks.shape
    normals = rng.standard_normal((count, resamples, 3 * size))
    noise = normals @ np.linalg.cholesky(w.covariance).transpose(0, 2, 1)
    drawn = w.coefficients + skew[:, None, None] * w.by_skew
    drawn[:, w.blocks] += noise.reshape(count, resamples, size, 3).swapaxes(0, 1)
    return drawn, w.s + skew


def optima(w, drawn, skew):
    """ln eta* and the loss there, resamples x batches x horizons; without a minimum in its window a cell has its lowest loss."""
    a, b, c = np.moveaxis(drawn, 2, 0)
    s = skew[:, None]
    convex = (c > 0) & (c - s * b > 0)
    # b + c (exp(s z) - 1) / s = 0, where it has a root; no skew drawn is exactly zero.
    u = s * np.where(convex, -b / c, 0)
    z = np.log1p(u) / s
    sound = convex & (z >= w.least) & (z <= w.most)
    loss = np.where(sound, a + b * z + c * (u - s * z) / s**2, w.best)
    ln_eta = np.where(sound, w.reference + z, np.nan)
    form = (len(drawn), len(w.batches), len(w.horizons))
    return ln_eta.reshape(form), loss.reshape(form)
