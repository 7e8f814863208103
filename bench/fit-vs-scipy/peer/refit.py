"""The joint fit of a form by MINPACK through scipy.optimize.least_squares, with its exact gradient, blocks as stacked matrices."""
import numpy as np
from scipy.optimize import brentq, least_squares


def softplus(x):
    return np.logaddexp(0, x)


def logistic(x):
    return 1 / (1 + np.exp(-x))


# What a form has of the batch, its shape at y = ln B - place, and the slope of that.
FORMS = {
    "bell": ("scale", lambda y: -np.log(np.cosh(y / 2)), lambda y: -np.tanh(y / 2) / 2),
    "saturating": ("scale", lambda y: -softplus(-y), lambda y: logistic(-y)),
    "saturating-sqrt": ("scale", lambda y: -softplus(-y) / 2, lambda y: logistic(-y) / 2),
    "power": ("exponent", None, None),
    "constant": ("none", None, None),
}


class Refit:
    """Parameters: height and its exponent, place and its exponent (or the exponent of B, or nothing); last the skew's deviation."""

    def __init__(self, w, form="bell"):
        self.w = w
        self.kind, self.shape, self.slope = FORMS[form]
        self.count = {"scale": 5, "exponent": 4, "none": 3}[self.kind]
        x = w.ln_tokens - w.ln_tokens.mean()
        self.x, self.ln_batch = x[w.blocks], w.ln_batch[w.blocks] - w.ln_batch.mean()
        self.reference = w.reference[w.blocks]
        self.b_skew, self.c_skew = w.by_skew[w.blocks, 1], w.by_skew[w.blocks, 2]
        self.cb = w.bc.transpose(0, 2, 1)
        self.jacobian = np.zeros((w.blocks.size + 1, self.count))
        self.jacobian[-1, -1] = 1
        self.columns = np.empty(w.blocks.shape + (self.count,))

    def take(self, coefficients):
        """The profiles to be fitted; one that bends down keeps the bend it was measured with."""
        b, c = coefficients[:, 1], coefficients[:, 2]
        self.b = b[self.w.blocks]
        self.c = np.where(c > 0, c, self.w.coefficients[:, 2])[self.w.blocks]

    def residuals(self, p):
        w = self.w
        law = p[0] + p[1] * self.x - self.reference
        if self.kind == "scale":
            self.y = self.ln_batch - p[2] - p[3] * self.x
            law += self.shape(self.y)
        elif self.kind == "exponent":
            law += p[2] * self.ln_batch
        self.z = law
        shift = p[-1] * w.skew_error
        self.s = w.s + shift
        self.u = u = np.expm1(self.s * law) / self.s
        self.bend = self.c + shift * self.c_skew
        r = self.b + shift * self.b_skew + self.bend * u
        mixed = w.bc * u[:, None, :]
        covariance = w.bb + mixed + mixed.transpose(0, 2, 1) + w.cc * (u[:, :, None] * u[:, None, :])
        self.whiten = np.linalg.inv(np.linalg.cholesky(covariance))
        self.whitened = self.whiten @ r[:, :, None]
        return np.append(self.whitened, p[-1])

    def derivative(self, p):
        """Jacobian with every cell's curvature following, at the point of the last residuals: J'r is exact, J'J is Gauss-Newton."""
        w = self.w
        v = self.whiten.transpose(0, 2, 1) @ self.whitened
        bend = self.bend - ((self.cb + w.cc * self.u[:, None, :]) @ v)[:, :, 0]
        tilt = 1 + self.s * self.u
        by_law = bend * tilt
        columns = self.columns
        columns[:, :, 0], columns[:, :, 1] = by_law, by_law * self.x
        if self.kind == "scale":
            by_place = -by_law * self.slope(self.y)
            columns[:, :, 2], columns[:, :, 3] = by_place, by_place * self.x
        elif self.kind == "exponent":
            columns[:, :, 2] = by_law * self.ln_batch
        through = (self.z * tilt - self.u) / self.s
        columns[:, :, -1] = w.skew_error * (self.b_skew + self.c_skew * self.u + bend * through)
        self.jacobian[:-1] = (self.whiten @ columns).reshape(-1, self.count)
        return self.jacobian

    def solve(self, start):
        return least_squares(self.residuals, start, self.derivative, method="lm", x_scale=1.0)

    def fit(self, coefficients, start):
        self.take(coefficients)
        return self.solve(start).x

    def starts(self):
        height = [self.reference.mean(), 0.0]
        low, high = self.ln_batch.min(), self.ln_batch.max()
        if self.kind == "scale":
            places = (low - 1, (low + high) / 2, high + 1, high + 3)
            return [np.array([*height, place, growth, 0.0]) for place in places for growth in (0, 1)]
        return [np.array([*height, 0.3, 0.0] if self.kind == "exponent" else [*height, 0.0])]

    def first(self):
        """The lowest minimum of several starts, for the profiles as measured."""
        self.take(self.w.coefficients)
        return min((self.solve(start) for start in self.starts()), key=lambda found: found.cost)

    def ends(self, best, direction, threshold):
        """How far a combination of parameters, one of which counts once, can go until the misfit has grown by the threshold."""
        self.take(self.w.coefficients)
        w = np.append(direction, 0.0)
        k = np.flatnonzero(w == 1)[0]
        free = np.delete(np.arange(len(w)), k)
        # p = build q + offset, with w . p held.
        build = np.zeros((len(w), len(free)))
        build[free, np.arange(len(free))] = 1
        build[k] = -w[free]
        offset = np.zeros(len(w))
        value, lowest = w @ best.x, 2 * best.cost
        warm = best.x[free]

        def excess(wanted):
            nonlocal warm
            offset[k] = wanted
            found = least_squares(
                lambda q: self.residuals(build @ q + offset),
                warm,
                lambda q: self.derivative(None) @ build,
                method="lm",
                x_scale=1.0,
            )
            warm = found.x
            return 2 * found.cost - lowest - threshold

        def end(side):
            # A first guess from the curvature of the misfit.
            self.residuals(best.x)
            information = self.derivative(best.x).T @ self.jacobian
            step = 1.5 * np.sqrt(threshold * (w @ np.linalg.solve(information, w)))
            while excess(value + side * step) < 0:
                step *= 1.5
            return brentq(excess, value, value + side * step, xtol=1e-6)

        return end(-1), end(1)
