"""The bell of all cells at once, from its definition: at the law's optimum each profile is flat within its error.

Parameters: ln height, its exponent, ln peak, its exponent, at the mean of ln tokens; last, where the skew has an error, its
deviation in units of that.
"""
import numpy as np
from scipy.linalg import cholesky, solve_triangular
from scipy.optimize import brentq, least_squares
from scipy.stats import t as student

from peer.shape import inverse_rise, rise


class JointBell:
    def __init__(self, evidence, scatter):
        self.e = evidence
        self.x = evidence.ln_tokens - evidence.ln_tokens.mean()
        self.unknown = 5 if evidence.skew_error > 0 else 4
        slope, curvature = evidence.coefficients[:, 1], evidence.coefficients[:, 2]
        covariance = evidence.covariance
        self.bb, self.bc, self.cc = covariance[1::3, 1::3], covariance[1::3, 2::3], covariance[2::3, 2::3]
        # Optima that scatter about the law move the slope there by the curvature at their own optimum.
        self.own = scatter * (curvature - evidence.s * slope)
        n = len(slope)
        self.degrees = min(evidence.noise.degrees, n - 4) if scatter > 0 else evidence.noise.degrees

    def law(self, p):
        return p[0] + p[1] * self.x - np.log(np.cosh((self.e.ln_batch - p[2] - p[3] * self.x) / 2))

    def skewed(self, p):
        """Coefficients and skew, where the skew deviates."""
        shift = self.e.skew_error * p[4] if self.unknown > 4 else 0.0
        return self.e.coefficients + shift * self.e.by_skew, self.e.s + shift

    def residuals(self, p):
        abc, s = self.skewed(p)
        u = rise(self.law(p) - self.e.reference, s)
        r = abc[:, 1] + abc[:, 2] * u
        d = np.diag(u)
        covariance = self.bb + d @ self.bc.T + self.bc @ d + d @ self.cc @ d + np.diag(self.own**2)
        whitened = solve_triangular(cholesky(covariance, lower=True), r, lower=True)
        return np.append(whitened, p[4:])

    def start(self):
        abc, s = self.e.coefficients, self.e.s
        optima = self.e.reference + inverse_rise(-abc[:, 1] / abc[:, 2], s)
        ones = np.ones_like(optima)
        height = np.linalg.lstsq(np.column_stack([ones, self.x]), optima, rcond=None)[0]
        return np.concatenate([height, [self.e.ln_batch.mean(), 0.5], np.zeros(self.unknown - 4)])

    def minimise(self, start=None, build=lambda p: p):
        """Parameters of the lowest misfit, and that; `build` makes all parameters of those that are free."""
        found = least_squares(
            lambda p: self.residuals(build(p)),
            self.start() if start is None else start,
            jac="3-point",
            x_scale="jac",
            xtol=1e-15,
            ftol=1e-15,
            gtol=1e-15,
        )
        return found.x, 2 * found.cost

    def profile_ends(self, best, misfit, level, direction):
        """Interval of a linear combination of the parameters: how far it can go until the misfit, all else free, has grown by t^2."""
        t = student.ppf(0.5 + level / 2, self.degrees)
        w = np.append(direction, np.zeros(self.unknown - 4))
        value = w @ best
        first = np.flatnonzero(w == 1)[0]
        start = np.delete(best, first)

        def excess(wanted):
            def build(q):
                p = np.insert(q, first, 0.0)
                p[first] = wanted - w @ p
                return p

            return self.minimise(start, build)[1] - misfit - t**2

        def end(side):
            step = 0.02
            while excess(value + side * step) < 0:
                step *= 1.5
            return brentq(excess, value, value + side * step, xtol=1e-12)

        return [end(-1), end(1)]
