"""What is fitted by itself: a bell at one horizon, steps to a target loss, three-point profiles."""
import numpy as np
from scipy.optimize import brentq, curve_fit, least_squares
from scipy.stats import norm


def bell_at_one_horizon(points, level):
    """ln peak batch and ln peak rate, their covariance, and the ends of both by profile likelihood."""
    x = np.log([p["batch"] for p in points])
    y = np.log([p["eta"] for p in points])
    error = np.array([p["standardError"] for p in points])

    def law(x, place, height):
        return height - np.log(np.cosh((x - place) / 2))

    tight = {"xtol": 1e-15, "ftol": 1e-15, "gtol": 1e-15}
    best, covariance = curve_fit(law, x, y, [x.mean(), y.max()], sigma=error, absolute_sigma=True, **tight)

    def misfit(place, height):
        return np.sum(((y - law(x, place, height)) / error) ** 2)

    def height_at(place):
        return np.average(y - law(x, place, 0), weights=error**-2)

    def place_at(height):
        residuals = lambda p: (y - law(x, p[0], height)) / error  # noqa: E731
        return least_squares(residuals, [best[0]], xtol=1e-15, ftol=1e-15, gtol=1e-15).x[0]

    lowest, t = misfit(*best), norm.ppf(0.5 + level / 2)

    def ends(value, profile):
        far = [value - 3, value + 3] if profile is by_place else [value - 0.2, value + 0.2]
        return [brentq(lambda v: profile(v) - lowest - t**2, value, end, xtol=1e-13) for end in far]

    def by_place(place):
        return misfit(place, height_at(place))

    def by_height(height):
        return misfit(place_at(height), height)

    return best, covariance, ends(best[0], by_place), ends(best[1], by_height)


def steps_to_target(points, reference=256, overhead=0.2):
    """ln a, ln b of S = a + b / B by residuals in ln S, their covariance, and the 20 %-overhead batch."""
    batch = np.array([p["batch"] for p in points], float)
    ln_steps = np.log([p["steps"] for p in points])

    def law(batch, ln_a, ln_b):
        return np.log(np.exp(ln_a) + np.exp(ln_b) / batch)

    start = [ln_steps.min(), (ln_steps + np.log(batch)).min()]
    tight = {"xtol": 1e-15, "ftol": 1e-15, "gtol": 1e-15}
    best, covariance = curve_fit(law, batch, ln_steps, start, **tight)
    return best, covariance, (1 + overhead) * reference + overhead * np.exp(best[1] - best[0])


def three_points(points):
    """Place and value of the parabola through a profile in ln eta."""
    x = np.log([p["eta"] for p in points])
    c = np.polyfit(x - x[1], [p["loss"] for p in points], 2)
    z = -c[1] / (2 * c[0])
    return np.exp(x[1] + z), np.polyval(c, z)
