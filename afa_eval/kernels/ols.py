"""Least squares with cluster-robust errors from per-cluster cross-products.

With B = (X'X)^-1 = L L', K_j = L'X_j'X_j L and v_j = L'X_j'e_j, the leverage-corrected score of a cluster is
(I - K_j)^(-1/2) v_j: the n_j-by-n_j inverse root of CR2 becomes p-by-p by the push-through identity.
Its Satterthwaite degrees of freedom need only sums of p-by-p matrices as well.

References: Bell and McCaffrey (2002); Pustejovsky and Tipton (2018), doi:10.1080/07350015.2016.1247004;
MacKinnon, Nielsen and Webb (2023), doi:10.1002/jae.2969.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from afa_eval.errors import EstimationError
from afa_eval.kernels.linear import Floats, check_rank, inverse_root
from afa_eval.kernels.moments import ClusterMoments, undo_shift

POWERS = {"CR0": 0.0, "CR1": 0.0, "CR1S": 0.0, "CR2": -0.5, "CR3": -1.0}  # of (I - K_j), by kind
KINDS = (*POWERS, "iid")
# Directions that a single cluster determines alone have 1 - eigenvalue 0: the generalised inverse leaves them out.
SINGULAR = 1e-10
LEAST_IDENTIFIED = 0.5


@dataclass(frozen=True, slots=True)
class Contrast:
    """How large is a weighted sum of coefficients, and how sure?

    Attributes
    ----------
    value : float
        Sum of weight times coefficient.
    se : float
        Its standard error, of the fit's kind.
    df : float
        Satterthwaite degrees of freedom of that error.
    identified : float
        Share of the variance that the clusters together can show; below 1 where a single cluster
        alone determines a part of the contrast, so that ``se`` is too small by that part.
    """

    value: float
    se: float
    df: float
    identified: float = 1.0


@dataclass(frozen=True, slots=True)
class OlsFit:
    """Which line fits best, and how sure are its coefficients?

    Attributes
    ----------
    coef : ndarray, shape (p,)
        Coefficients in the order of the regressors, of the columns before any shift.
    cov : ndarray, shape (p, p)
        Their covariance of kind ``vcov``.
    cov_classical : ndarray, shape (p, p)
        Their covariance if all rows were independent and equally spread.
    sigma2 : float
        Residual sum of squares over rows minus parameters.
    n_rows, n_clusters : int
        What was counted; clusters without rows are not.
    vcov : str
        The kind of errors.
    """

    coef: Floats
    cov: Floats
    cov_classical: Floats
    sigma2: float
    n_rows: int
    n_clusters: int
    vcov: str
    root: Floats = field(repr=False)
    leverage: Floats = field(repr=False)
    adjusted: Floats = field(repr=False)


def fit_ols(moments: ClusterMoments, regressors: Sequence[int], outcome: int, vcov: str = "CR2") -> OlsFit:
    """Which coefficients fit best, and what is their cluster-robust covariance?

    Parameters
    ----------
    moments : ClusterMoments
        Of all columns used; clusters are the units that were sampled or assigned.
    regressors : sequence of int
        Columns on the right; no intercept is added.
    outcome : int
        The column on the left.
    vcov : str
        CR0; CR1 (times J / (J - 1)); CR1S (times J (N - 1) / ((J - 1)(N - p))); CR2 (unbiased if rows are
        independent, the default); CR3 (jackknife-like); or iid.

    Returns
    -------
    OlsFit
        Ask ``contrast`` for any weighted sum with its degrees of freedom.

    Raises
    ------
    EstimationError
        Where columns say the same thing, there are no more rows than columns, or fewer than two clusters.
    """
    if vcov not in KINDS:
        raise ValueError(f"vcov must be one of {', '.join(KINDS)}, not {vcov!r}")
    used = moments.occupied()
    columns = list(regressors)
    _check(used, len(columns), vcov)
    gram_j = used.cross[:, columns][:, :, columns]
    cross_j = used.cross[:, columns, outcome]
    gram = gram_j.sum(axis=0)
    check_rank(gram)
    root = inverse_root(gram)
    shifted = root @ (root.T @ cross_j.sum(axis=0))
    shifted += root @ (root.T @ (cross_j - gram_j @ shifted).sum(axis=0))  # one refinement: two digits for nothing
    back = undo_shift(used, columns, outcome)
    scores = (cross_j - gram_j @ shifted) @ root
    leverage = _each(_each(gram_j, root).transpose(0, 2, 1), root)
    spare = used.n_rows - len(columns)
    residual = _residual(used, columns, outcome, shifted)
    sigma2 = residual / spare if spare else float("nan")
    mapped = back.matrix @ root
    classical = sigma2 * (mapped @ mapped.T)
    adjusted = _adjustments(leverage, vcov)
    cov = classical
    if vcov != "iid":
        half = np.einsum("jab,jb->ja", adjusted, scores) if POWERS[vcov] else scores
        half = half @ mapped.T
        cov = _scale(vcov, used.n_clusters, used.n_rows, len(columns)) * (half.T @ half)
    return OlsFit(
        coef=back.matrix @ shifted + back.offset,
        cov=cov,
        cov_classical=classical,
        sigma2=sigma2,
        n_rows=used.n_rows,
        n_clusters=used.n_clusters,
        vcov=vcov,
        root=mapped,
        leverage=leverage,
        adjusted=adjusted,
    )


def contrast(fit: OlsFit, weights: Sequence[float] | Floats) -> Contrast:
    """How large is this weighted sum of coefficients, with which degrees of freedom?

    Parameters
    ----------
    fit : OlsFit
        From ``fit_ols``.
    weights : sequence of float, shape (p,)
        One for each coefficient.

    Returns
    -------
    Contrast
        Value, standard error and Satterthwaite degrees of freedom (rows minus parameters for ``iid``).

    Raises
    ------
    EstimationError
        Where over half of its variance rests on a single cluster, so that no clustered error exists.
    """
    return contrasts(fit, np.asarray(weights, dtype=np.float64)[None])[0]


def contrasts(fit: OlsFit, weights: Floats) -> list[Contrast]:
    """How large is each of these weighted sums of coefficients?

    Parameters
    ----------
    fit : OlsFit
        From ``fit_ols``.
    weights : ndarray, shape (m, p)
        A row for each sum.

    Returns
    -------
    list of Contrast
        One for each row.

    Raises
    ------
    EstimationError
        Where one rests on a single cluster.
    """
    values = (weights @ fit.coef).tolist()
    errors = np.sqrt(np.maximum(((weights @ fit.cov) * weights).sum(axis=1), 0.0)).tolist()
    if fit.vcov == "iid":
        spare = float(fit.n_rows - fit.coef.size)
        return [Contrast(value, se, spare) for value, se in zip(values, errors, strict=True)]
    shares, dfs = _satterthwaite(fit, weights @ fit.root)
    if min(shares) < LEAST_IDENTIFIED:
        raise EstimationError(
            "This contrast rests on a single cluster: how far clusters differ cannot be seen, "
            "so it has no cluster-robust standard error."
        )
    return [Contrast(*found) for found in zip(values, errors, dfs, shares, strict=True)]


def _check(moments: ClusterMoments, p: int, vcov: str) -> None:
    if not p:
        raise ValueError("at least one regressor is needed")
    if vcov != "iid" and moments.n_clusters < 2:
        raise EstimationError(
            f"{vcov} errors need at least two clusters, and there is {moments.n_clusters}: "
            "with one school nothing shows how schools differ."
        )
    if moments.n_rows < p:
        raise EstimationError(f"{moments.n_rows} rows cannot determine {p} coefficients.")


def _residual(moments: ClusterMoments, columns: list[int], outcome: int, coef: Floats) -> float:
    """Residual sum of squares; as a quadratic form, which stays accurate to the digits of the outcome."""
    total = moments.cross.sum(axis=0)
    r = np.zeros(total.shape[0])
    r[columns], r[outcome] = -coef, 1.0
    return max(float(r @ total @ r), 0.0)


def _scale(vcov: str, clusters: int, rows: int, p: int) -> float:
    """Small-sample factor of the kinds that have one."""
    if vcov == "CR1":
        return clusters / (clusters - 1)
    if vcov == "CR1S":
        return clusters * (rows - 1) / ((clusters - 1) * (rows - p))
    return 1.0


def _adjustments(leverage: Floats, vcov: str) -> Floats:
    """(I - K_j) to the kind's power, by eigenvalues; (J, p, p)."""
    power: float = POWERS.get(vcov, 0.0)
    if not power:
        return np.empty((0, 0, 0))
    values, vectors = np.linalg.eigh(leverage)
    weight = np.zeros_like(values)
    np.power(1.0 - values, power, out=weight, where=values < 1.0 - SINGULAR)
    out: Floats = (vectors * weight[:, None, :]) @ vectors.transpose(0, 2, 1)
    return out


def _satterthwaite(fit: OlsFit, targets: Floats) -> tuple[list[float], list[float]]:
    """Share of variance identified, and degrees of freedom, if rows are independent; of each target.

    The estimated variance is a quadratic form with Gram matrix diag(d) - M M', where h_j is the adjusted
    target, m_j = K_j h_j and d_j = h_j'm_j; its trace and squared norm need no J-by-J matrix.
    """
    plain = targets.T
    adjusted = _each(fit.adjusted, plain) if fit.adjusted.size else plain[None]
    m = fit.leverage @ adjusted if fit.adjusted.size else _each(fit.leverage, plain)  # (J, p, targets)
    d, length = (adjusted * m).sum(axis=1), (m * m).sum(axis=1)
    sides = m.transpose(2, 0, 1)
    inner = sides.transpose(0, 2, 1) @ sides
    mean = (d - length).sum(axis=0)
    spread = (d * d - 2 * d * length).sum(axis=0) + (inner * inner).sum(axis=(1, 2))
    dfs = [float(a * a / b) if b > 0 else 0.0 for a, b in zip(mean, spread, strict=True)]
    if fit.vcov == "CR2":
        return (mean / (targets * targets).sum(axis=1)).tolist(), dfs
    return _identified(fit, targets), dfs


def _each(matrices: Floats, right: Floats) -> Floats:
    """Each cluster's matrix times another, as one product: thousands of small ones cost more to begin than to do."""
    out: Floats = matrices.reshape(-1, right.shape[0]) @ right
    return out.reshape(matrices.shape[0], -1, right.shape[1])


def _identified(fit: OlsFit, targets: Floats) -> list[float]:
    """Share of each contrast's variance outside what single clusters determine alone."""
    size = (targets * targets).sum(axis=1)
    out = np.ones(size.size)
    bound = (_each(fit.leverage, targets.T) ** 2).sum(axis=(0, 1))  # bounds what one cluster can determine
    open_ = np.flatnonzero(bound >= (1 - LEAST_IDENTIFIED) * size)
    if open_.size:
        values, vectors = np.linalg.eigh(fit.leverage)
        loads = targets[open_] @ vectors  # (J, targets, p)
        lost = (loads * loads * (values > 1 - SINGULAR)[:, None, :]).sum(axis=(0, 2))
        out[open_] = 1.0 - lost / size[open_]
    return [float(share) for share in out]
