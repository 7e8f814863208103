"""All windows of a study: how their coefficients follow losses and skew, and the covariance under the noise, block by block."""
from types import SimpleNamespace

import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from peer.shape import design


def blocks_of(trunks, rows):
    """Cells that share trunks, as rows of an array: all blocks of these studies have one size."""
    cell = np.repeat(np.arange(len(rows)), [len(r) for r in rows])
    incidence = coo_array((np.ones(len(cell)), (cell, trunks[np.concatenate(rows)]))).tocsr()
    count, label = connected_components(incidence @ incidence.T, directed=False)
    return np.argsort(label, kind="stable").reshape(count, -1)


def best_of(z, loss):
    """Lowest mean loss of a rate."""
    rate = np.unique(z, return_inverse=True)[1]
    return (np.bincount(rate, loss) / np.bincount(rate)).min()


def windows_of(study):
    s, windows = study["skew"], study["windows"]
    eta, loss = np.array(study["eta"]), np.array(study["loss"])
    trunks = np.unique(study["run"], return_inverse=True)[1]
    rows = [np.array(w["rows"]) for w in windows]
    reference = np.array([w["reference"] for w in windows])
    batch = np.array([w["batch"] for w in windows], float)
    tokens = np.array([w["tokens"] for w in windows], float)
    z = [np.log(eta[r]) - x for r, x in zip(rows, reference)]
    step = 1e-4
    maps, ahead, behind = ([np.linalg.pinv(design(x, s + d)) for x in z] for d in (0, step, -step))
    fitted = [np.array([m @ loss[r] for m, r in zip(maps_, rows)]) for maps_ in (maps, ahead, behind)]
    together = study["deviation"] * np.sqrt(study["shared"])
    alone = study["deviation"] * np.sqrt(1 - study["shared"])
    blocks = blocks_of(trunks, rows)
    count, size = blocks.shape
    along = np.zeros((count, 3 * size, trunks.max() + 1))
    covariance = np.zeros((count, 3 * size, 3 * size))
    for block, members in enumerate(blocks):
        for i, k in enumerate(members):
            part = slice(3 * i, 3 * i + 3)
            np.add.at(along[block, part].T, trunks[rows[k]], maps[k].T)
            covariance[block, part, part] = alone**2 * maps[k] @ maps[k].T
    covariance += together**2 * along @ along.transpose(0, 2, 1)
    return SimpleNamespace(
        s=s,
        skew_error=study["skewError"],
        coefficients=fitted[0],
        by_skew=(fitted[1] - fitted[2]) / (2 * step),
        reference=reference,
        least=np.array([x[0] for x in z]),
        most=np.array([x[-1] for x in z]),
        best=np.array([best_of(x, loss[r]) for x, r in zip(z, rows)]),
        ln_batch=np.log(batch),
        ln_tokens=np.log(tokens),
        batches=np.unique(batch),
        horizons=np.unique(tokens),
        blocks=blocks,
        covariance=covariance,
        bb=covariance[:, 1::3, 1::3],
        bc=covariance[:, 1::3, 2::3],
        cc=covariance[:, 2::3, 2::3],
    )
