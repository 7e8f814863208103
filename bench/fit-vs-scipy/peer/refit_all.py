"""The joint bell of all resamples at once: Gauss-Newton steps by hand on stacked matrices, nothing of scipy.optimize in the loop.

Undamped and for a fixed number of steps: it starts from the law of the data, and resamples lie within a few errors of that.
"""
import numpy as np

steps = 4
# Resamples taken together; more do not fit into the cache.
together = 250


def refit_all(refit, coefficients, best):
    b, c = coefficients[:, refit.w.blocks, 1], coefficients[:, refit.w.blocks, 2]
    c = np.where(c > 0, c, refit.w.coefficients[refit.w.blocks, 2])
    parts = [slice(k, k + together) for k in range(0, len(b), together)]
    return np.concatenate([newton(refit, b[part], c[part], best) for part in parts])


def newton(refit, b, c, best):
    w = refit.w
    p = np.tile(best, (len(b), 1))
    for _ in range(steps):
        height, climb, place, growth, deviation = p.T[:, :, None, None]
        y = refit.ln_batch - place - growth * refit.x
        z = height + climb * refit.x - np.log(np.cosh(y / 2)) - refit.reference
        shift = deviation * w.skew_error
        s = w.s + shift
        u = np.expm1(s * z) / s
        bend = c + shift * refit.c_skew
        r = b + shift * refit.b_skew + bend * u
        mixed = w.bc * u[..., None, :]
        covariance = w.bb + mixed + mixed.swapaxes(-1, -2) + w.cc * (u[..., :, None] * u[..., None, :])
        whiten = np.linalg.inv(np.linalg.cholesky(covariance))
        whitened = whiten @ r[..., None]
        v = whiten.swapaxes(-1, -2) @ whitened
        bend = bend - ((refit.cb + w.cc * u[..., None, :]) @ v)[..., 0]
        tilt = 1 + s * u
        by_law = bend * tilt
        by_place = by_law * np.tanh(y / 2) / 2
        by_skew = w.skew_error * (refit.b_skew + refit.c_skew * u + bend * (z * tilt - u) / s)
        columns = np.stack([by_law, by_law * refit.x, by_place, by_place * refit.x, by_skew], -1)
        j = (whiten @ columns).reshape(len(b), -1, 5)
        hessian = j.swapaxes(1, 2) @ j
        hessian[:, 4, 4] += 1
        gradient = (j.swapaxes(1, 2) @ whitened.reshape(len(b), -1, 1))[..., 0]
        gradient[:, 4] += p[:, 4]
        p = p - np.linalg.solve(hessian, gradient[..., None])[..., 0]
    return p
