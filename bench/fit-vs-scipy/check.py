"""The numbers of @ts/fit by NumPy and SciPy: reads the questions of check.ts, writes its own answers, sees no others.

    python3 check.py QUESTIONS.json > ANSWERS.json

An answer is a list of numbers; or a vector of numbers of one kind, of which some may vanish; or a covariance, compared on the scale
of its standard deviations.
"""
import json
import sys

import numpy as np
import scipy
from scipy.linalg import block_diag

from peer.alone import bell_at_one_horizon, steps_to_target, three_points
from peer.cells import cell
from peer.constrained import constrained
from peer.curves import least_batch, overhead_batches, power_law
from peer.evidence import gather
from peer.joint import JointBell

answers = {}


def answer(name, *values):
    answers[name] = {"values": [float(v) for v in np.ravel(values)]}


def answer_vector(name, values):
    answers[name] = {"vector": [float(v) for v in values]}


def answer_covariance(name, matrix):
    answers[name] = {"covariance": [[float(v) for v in row] for row in np.asarray(matrix)]}


def cells_of(name, study, noise):
    """Optima of all profiles, ordered by batch and horizon: returns (ln eta*, loss, curvature) and their errors."""
    rows, level = study["rows"], study["level"]
    found = []
    for window in study["cells"]:
        ln_eta = np.log([rows[i]["eta"] for i in window["rows"]])
        loss = np.array([rows[i]["loss"] for i in window["rows"]])
        found.append(cell(ln_eta, loss, study["skew"], study["skewError"], noise.deviation, noise.degrees, level))
    values, errors, ends = (np.array(list_) for list_ in zip(*found))
    answer(f"{name}: eta*", np.exp(values[:, 0]))
    answer(f"{name}: standard errors of ln eta*", errors[:, 0])
    answer(f"{name}: ends of the intervals of eta*", np.exp(ends))
    answer(f"{name}: loss at eta*", values[:, 1])
    answer(f"{name}: standard errors of the loss", errors[:, 1])
    answer(f"{name}: curvature at eta*", values[:, 2])
    answer(f"{name}: standard errors of the curvature", errors[:, 2])
    return values, errors


def evidence_of(name, evidence, supplied):
    noise = evidence.noise
    answer(f"{name}: shared part of the noise", noise.shared)
    if not supplied:
        answer(f"{name}: deviation of the noise", noise.deviation)
        answer(f"{name}: degrees of freedom of the noise", noise.degrees)
    answer(f"{name}: slopes at the reference rates", evidence.coefficients[:, 1])
    answer(f"{name}: curvatures at the reference rates", evidence.coefficients[:, 2])
    answer_vector(f"{name}: how slopes follow the skew", evidence.by_skew[:, 1])
    answer_vector(f"{name}: how curvatures follow the skew", evidence.by_skew[:, 2])
    order = np.concatenate([np.arange(1, evidence.covariance.shape[0], 3), np.arange(2, evidence.covariance.shape[0], 3)])
    answer_covariance(f"{name}: covariance of slopes and curvatures", evidence.covariance[np.ix_(order, order)])


def joint_of(name, study, evidence):
    joint = JointBell(evidence, study["scatter"])
    horizons = np.log(sorted({w["tokens"] for w in study["windows"]})) - evidence.ln_tokens.mean()
    best, misfit = joint.minimise()
    full, full_misfit, covariance = constrained(joint)
    for how, p, least in (("misfit from its definition", best, misfit), ("all unknowns fitted", full, full_misfit)):
        answer(f"{name}: joint bell, {how}: peak, height", np.exp([p[2], p[0]]))
        answer(f"{name}: joint bell, {how}: exponents of peak, height", p[3], p[1])
        answer(f"{name}: joint bell, {how}: least misfit", least)
    answer_covariance(f"{name}: joint bell: covariance of ln height, exponent", covariance[:2, :2])
    answer_covariance(f"{name}: joint bell: covariance of ln peak, exponent", covariance[2:4, 2:4])
    errors = [np.sqrt(w @ covariance[:4, :4] @ w) for x in horizons for w in ([0, 0, 1, x], [1, x, 0, 0])]
    answer(f"{name}: joint bell: standard errors of ln peak, ln height by horizon", errors)

    def ends(direction):
        return joint.profile_ends(best, misfit, study["level"], np.array(direction, float))

    answer(f"{name}: joint bell: ends of the peak by horizon", np.exp([ends([0, 0, 1, x]) for x in horizons]))
    answer(f"{name}: joint bell: ends of the height by horizon", np.exp([ends([1, x, 0, 0]) for x in horizons]))
    answer(f"{name}: joint bell: ends of the exponent of the peak", ends([0, 0, 0, 1]))
    answer(f"{name}: joint bell: ends of the exponent of the height", ends([0, 1, 0, 0]))


def answer_power_laws(name, laws):
    """`laws`: (tokens, ln y) or (tokens, ln y, errors) of each."""
    values, covariances, ends = [], [], []
    for law in laws:
        value, covariance, t = power_law(*law)
        half = t * np.sqrt(covariance[1, 1])
        values.append(value)
        covariances.append(covariance)
        ends.append([value[0] - half, value[0] + half])
    answer(f"{name}: exponents, prefactors", values)
    answer_covariance(f"{name}: covariance", block_diag(*covariances))
    answer(f"{name}: ends of the exponents", ends)


def horizons_of(name, study, values, errors):
    batches = sorted({w["batch"] for w in study["cells"]})
    horizons = np.array(sorted({w["tokens"] for w in study["cells"]}), float)
    losses = values[:, 1].reshape(len(batches), len(horizons))
    found = overhead_batches(batches, horizons, losses)
    known = np.array([(t, b) for t, b in zip(horizons, found) if b is not None])
    answer(f"{name}: horizons with an overhead batch", known[:, 0])
    answer(f"{name}: overhead batches", known[:, 1])
    balance = (known[:, 1] - 1.2 * batches[0]) / 0.2
    laws = [(known[:, 0], np.log(known[:, 1])), (known[:, 0], np.log(balance))]
    answer_power_laws(f"{name}: power laws of the overhead and the balance batch", laws)
    cells = np.arange(len(values)).reshape(losses.shape)
    answer_power_laws(f"{name}: power laws of eta* by batch", [(horizons, values[k, 0], errors[k, 0]) for k in cells])


questions = json.load(open(sys.argv[1]))
for study in questions["studies"]:
    name = study["name"]
    evidence = gather(study)
    values, errors = cells_of(name, study, evidence.noise)
    evidence_of(name, evidence, study["noise"] is not None)
    joint_of(name, study, evidence)
    horizons_of(name, study, values, errors)
best, covariance, of_peak, of_height = bell_at_one_horizon(questions["bell"]["points"], questions["bell"]["level"])
answer("bell at one horizon: peak, height", np.exp(best))
answer("bell at one horizon: standard errors of ln peak, ln height", np.sqrt(np.diag(covariance)))
answer("bell at one horizon: ends of the peak", np.exp(of_peak))
answer("bell at one horizon: ends of the height", np.exp(of_height))
best = [least_batch(np.array(c["batches"]), np.array(c["losses"])) for c in questions["lossOptimal"]]
answer("loss-optimal batch and its loss", best)
for model, points in questions["stepsToTarget"].items():
    (ln_a, ln_b), covariance, batch = steps_to_target(points)
    errors = np.sqrt([covariance[0, 0], covariance[1, 1], np.array([-1, 1]) @ covariance @ [-1, 1]])
    answer(f"steps to target, {model}: a, b", np.exp([ln_a, ln_b]))
    answer(f"steps to target, {model}: 20 %-overhead batch, sequences", batch)
    answer(f"steps to target, {model}: standard errors of ln a, ln b, ln b/a", errors)
found = np.array([three_points(points) for points in questions["adamw"]])
answer("AdamW sweep of 130M parameters: eta*", found[:, 0])
answer("AdamW sweep of 130M parameters: loss at eta*", found[:, 1])
json.dump({"scipy": scipy.__version__, "numpy": np.__version__, "answers": answers}, sys.stdout)
