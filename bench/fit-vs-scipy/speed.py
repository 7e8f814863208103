"""The analysis of a study by vectorised NumPy and SciPy: the peer that speed.ts times @ts/fit against.

    python3 speed.py QUESTION.json [--by-hand] [--profile]

With --by-hand the laws of the resamples are fitted by refit_all.py, else each by scipy.optimize.least_squares. Prints seconds of the
whole and of its parts, the standard errors that the resamples show, and the ends of the peak by profile likelihood.
"""
import cProfile
import json
import sys
import time
import warnings

import numpy as np
import scipy
from scipy.stats import t as student

from peer.draw import draw, optima
from peer.laws import least_batches, slopes
from peer.overheads import overhead_batches
from peer.refit import FORMS, Refit
from peer.refit_all import refit_all
from peer.windows import windows_of


def one_sigma(samples):
    """Half the range that holds 68 %, by horizon; NaN where a resample may be infinite."""
    low, high = np.quantile(samples, [0.15865525393145707, 0.8413447460685429], axis=0)
    return (high - low) / 2


def laws_of(w, degrees, level):
    """All forms fitted; for the bell the ends of peak and height at each horizon and of their exponents."""
    fits = {form: Refit(w, form).first() for form in FORMS}
    refit = Refit(w)
    threshold = student.ppf(0.5 + level / 2, degrees) ** 2
    at = np.log(w.horizons) - w.ln_tokens.mean()
    directions = [[0, 0, 1, x] for x in at] + [[1, x, 0, 0] for x in at] + [[0, 0, 0, 1], [0, 1, 0, 0]]
    ends = [refit.ends(fits["bell"], np.array(d, float), threshold) for d in directions]
    return refit, fits["bell"].x, np.exp(w.ln_batch.mean() + np.array(ends[: len(at)]))


def analyse(study, resamples, by_hand, seed=0):
    parts, clock = {}, time.perf_counter
    start = clock()

    def lap(name):
        nonlocal start
        parts[name], start = clock() - start, clock()

    w = windows_of(study)
    refit, best, ends = laws_of(w, study["degrees"], study["level"])
    lap("windows, forms, ends")
    drawn, skew = draw(w, resamples, seed)
    ln_eta, losses = optima(w, drawn, skew)
    lap("draws, optima, losses")
    laws = refit_all(refit, drawn, best) if by_hand else np.array([refit.fit(c, best) for c in drawn])
    lap("joint bells")
    x = np.log(w.horizons)
    overhead = overhead_batches(w.batches, w.horizons, losses)
    ln_overhead = np.where(overhead > 0, np.log(np.abs(overhead)), -np.inf)
    ln_balance = np.log((overhead - 1.2 * w.batches[0]) / 0.2)
    ln_least, least_loss = least_batches(np.log(w.batches), losses)
    exponents = [slopes(x, y) for y in (ln_overhead, ln_balance, ln_least)]
    regimes = slopes(x, ln_eta, 1 / np.nanvar(ln_eta, axis=0))
    lap("overhead batches, lines")
    at = x - w.ln_tokens.mean()
    peak = w.ln_batch.mean() + laws[:, 2:3] + laws[:, 3:4] * at
    height = laws[:, :1] + laws[:, 1:2] * at
    for samples in (ln_overhead, ln_least, least_loss, regimes, *exponents):
        np.nanquantile(samples, [0.05, 0.95], axis=0)
    errors = {"exponent of the peak": laws[:, 3].std(ddof=1), "exponent of the height": laws[:, 1].std(ddof=1)}
    for name, values in (
        ("ln peak", peak.std(0, ddof=1)),
        ("ln height", height.std(0, ddof=1)),
        ("ln overhead batch", one_sigma(ln_overhead)),
        ("lowest loss", one_sigma(least_loss)),
    ):
        errors.update({f"{name} at {t:.0f}": v for t, v in zip(w.horizons, values)})
    lap("quantiles")
    return errors, parts, ends


# Infinite and missing resamples are meant.
warnings.filterwarnings("ignore", category=RuntimeWarning)
study = json.load(open(sys.argv[1]))
by_hand = "--by-hand" in sys.argv
analyse(study, 50, by_hand)
if "--profile" in sys.argv:
    cProfile.run("analyse(study, study['resamples'], by_hand)", sort="tottime")
else:
    start, cpu = time.perf_counter(), time.process_time()
    errors, parts, ends = analyse(study, study["resamples"], by_hand)
    seconds, cpu = time.perf_counter() - start, time.process_time() - cpu
    errors = {name: float(value) for name, value in errors.items() if np.isfinite(value)}
    answer = {"seconds": seconds, "cpu": cpu, "parts": parts, "errors": errors, "ends": ends.tolist()}
    json.dump({**answer, "scipy": scipy.__version__, "numpy": np.__version__}, sys.stdout)
