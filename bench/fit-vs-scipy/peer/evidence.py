"""All profiles at once: coefficients, the moments of the noise and the covariance of the coefficients, by dense matrices."""
from types import SimpleNamespace

import numpy as np
from scipy.linalg import block_diag

from peer.shape import design


def by_skew(z, loss, s):
    """Derivative of the coefficients with respect to the skew, by a complex step through the normal equations."""
    step = 1e-30
    x = design(z, s + 1j * step)
    return np.linalg.solve(x.T @ x, x.T @ loss).imag / step


def moments(residuals, projection, trunks, parameters):
    """Noise of a reading and the part shared along a trunk: two sums of squares equal to their expectations.

    For Sigma = own I + shared Z Z' and M the projection on the residuals,
    E r'r = (own + shared) tr M and E |Z'r|^2 = own tr M + shared |Z'MZ|^2.
    """
    degrees = np.trace(projection) - parameters
    k = trunks.T @ projection @ trunks
    weight = np.sum(k * k)
    squares, along = residuals @ residuals, np.sum((trunks.T @ residuals) ** 2)
    own, shared = np.linalg.solve([[degrees, degrees], [degrees, weight]], [squares, along])
    part = np.clip(shared / (own + shared), 0, 0.9999)
    sigma = (1 - part) * np.eye(len(residuals)) + part * trunks @ trunks.T
    spread = projection @ sigma
    # Satterthwaite; the common parameters are counted as if independent of the trunks.
    effective = degrees**2 / (np.sum(spread * spread.T) - (1 - part**2) * parameters)
    return SimpleNamespace(deviation=np.sqrt(own + shared), shared=part, degrees=effective)


def gather(study):
    """Coefficients of all windows about their reference rates, and their covariance under the noise."""
    s, rows = study["skew"], study["rows"]
    index, x, coefficients, slopes = [], [], [], []
    for window in study["windows"]:
        z = np.log([rows[i]["eta"] for i in window["rows"]]) - window["reference"]
        loss = np.array([rows[i]["loss"] for i in window["rows"]])
        index += window["rows"]
        x.append(design(z, s))
        coefficients.append(np.linalg.lstsq(x[-1], loss, rcond=None)[0])
        slopes.append(by_skew(z, loss, s))
    x = block_diag(*x)
    y = np.array([rows[i]["loss"] for i in index])
    names = [rows[i]["run"] for i in index]
    trunks = np.array([[float(name == trunk) for trunk in sorted(set(names))] for name in names])
    pseudo = np.linalg.pinv(x)
    projection = np.eye(len(y)) - x @ pseudo
    residuals = y - x @ np.concatenate(coefficients)
    noise = moments(residuals, projection, trunks, 1 if study["skewFitted"] else 0)
    if study["noise"] is not None:
        noise.deviation, noise.degrees = study["noise"], np.inf
    sigma = noise.deviation**2 * ((1 - noise.shared) * np.eye(len(y)) + noise.shared * trunks @ trunks.T)
    return SimpleNamespace(
        noise=noise,
        s=s,
        skew_error=study["skewError"],
        coefficients=np.array(coefficients),
        by_skew=np.array(slopes),
        # Ordered a1, b1, c1, a2, b2, c2 and so on.
        covariance=pseudo @ sigma @ pseudo.T,
        reference=np.array([w["reference"] for w in study["windows"]]),
        ln_batch=np.log([w["batch"] for w in study["windows"]]),
        ln_tokens=np.log([w["tokens"] for w in study["windows"]]),
    )
