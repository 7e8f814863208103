"""The joint bell once more, nothing eliminated: the least loss and the curvature of every cell are unknowns too.

The data are the coefficients a, b, c of all profiles with their whole covariance; the model of a cell is
m + k (exp(s (z - z*)) - 1 - s (z - z*)) / s^2 with z* where the law puts it, written out in 1, z, shape(z).
"""
import numpy as np
from scipy.linalg import cholesky, solve_triangular
from scipy.optimize import least_squares

from peer.shape import inverse_rise, rise, shape


def constrained(joint):
    """Parameters of the law, the least misfit, and their Gauss-Newton covariance with all cells' unknowns marginalised."""
    e = joint.e
    n = len(e.coefficients)
    covariance = e.covariance.copy()
    covariance[1::3, 1::3] += np.diag(joint.own**2)
    lower = cholesky(covariance, lower=True)
    shared = joint.unknown

    def residuals(p):
        abc, s = joint.skewed(p)
        m, k = p[shared : shared + n], p[shared + n :]
        place = joint.law(p) - e.reference
        model = np.column_stack([m + k * shape(-place, s), k * rise(-place, s), k * np.exp(-s * place)])
        return np.append(solve_triangular(lower, (abc - model).ravel(), lower=True), p[4:shared])

    a, b, c = e.coefficients.T
    z = inverse_rise(-b / c, e.s)
    start = np.concatenate([joint.start(), a + b * z + c * shape(z, e.s), c - e.s * b])
    found = least_squares(residuals, start, jac="3-point", x_scale="jac", xtol=1e-15, ftol=1e-15, gtol=1e-15)
    covariance = np.linalg.inv(found.jac.T @ found.jac)[:shared, :shared]
    return found.x[:shared], 2 * found.cost, covariance
