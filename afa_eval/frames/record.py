"""The record of moments: a value that can be added up, picked from, stored and read again."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from afa_eval.errors import ColumnNotFound, DataError
from afa_eval.kernels.linear import Floats
from afa_eval.kernels.moments import ClusterMoments

SCHEMA = 1
LEVEL = re.compile(r"\[[^\]]*\]")  # of a category, in a column's name
Key = tuple[object, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Moments:
    """What do the groups' counts, sums and cross-products come to?

    Attributes
    ----------
    columns : tuple of str
        Regressors, ``Intercept`` first, and the outcome last.
    levels : tuple of str
        Grouping columns, widest first; none where rows are not grouped.
    keys : tuple of tuple
        One per group: the values of the grouping columns, sorted.
    clusters : ClusterMoments
        The numbers, in the order of ``keys``.
    n_dropped : int
        Rows left out because a value was missing.
    missing : tuple of (str, int)
        How many values were missing, by column of the table.
    schema : int
        Version of this record.
    """

    columns: tuple[str, ...]
    levels: tuple[str, ...]
    keys: tuple[Key, ...]
    clusters: ClusterMoments
    n_dropped: int = 0
    missing: tuple[tuple[str, int], ...] = ()
    schema: int = SCHEMA

    @property
    def n_rows(self) -> int:
        """How many complete rows are there?"""
        return self.clusters.n_rows

    @property
    def shift(self) -> Floats:
        """What was subtracted from each column first?"""
        return self.clusters.shift

    def __add__(self, other: Moments) -> Moments:
        """Both together; groups that are in both are added up."""
        if (self.columns, self.levels) != (other.columns, other.levels):
            raise DataError("Moments of different columns or groups cannot be added.")
        moved = reshift(other.clusters, self.shift)
        keys = tuple(sorted(set(self.keys) | set(other.keys), key=key_order))
        place = {key: i for i, key in enumerate(keys)}
        mine, theirs = ([place[key] for key in keys_] for keys_ in (self.keys, other.keys))
        total = _empty(len(keys), self.shift)
        _add(total, mine, self.clusters)
        _add(total, theirs, moved)
        counts = dict(self.missing)
        for column, count in other.missing:
            counts[column] = counts.get(column, 0) + count
        return replace(
            self, keys=keys, clusters=total, n_dropped=self.n_dropped + other.n_dropped, missing=tuple(counts.items())
        )

    def where(self, keep: Callable[[Key], bool]) -> Moments:
        """What is left of the groups that are kept?

        Parameters
        ----------
        keep : callable
            Is given each group's key (a tuple, widest level first).

        Returns
        -------
        Moments
            Counts of dropped rows are those of the whole.
        """
        chosen = np.array([keep(key) for key in self.keys], dtype=np.bool_)
        keys = tuple(key for key, kept in zip(self.keys, chosen.tolist(), strict=True) if kept)
        return replace(self, keys=keys, clusters=self.clusters.take(chosen))

    def picked(self, positions: Sequence[int]) -> Moments:
        """What are the moments of some of the columns?

        Parameters
        ----------
        positions : sequence of int
            Among ``columns``, the outcome last.

        Returns
        -------
        Moments
            The same record where it is all of them.
        """
        at = list(positions)
        if at == list(range(len(self.columns))):
            return self
        part = self.clusters
        cross = part.cross[:, at][:, :, at]
        clusters = ClusterMoments(part.n, part.sums[:, at], cross, part.shift[at])
        return replace(self, columns=tuple(self.columns[i] for i in at), clusters=clusters)

    def grouped(self, levels: Sequence[str]) -> Moments:
        """What are the moments of wider groups, those that differ in these columns only?

        Parameters
        ----------
        levels : sequence of str
            Some of ``levels``; none makes one group of all rows.

        Returns
        -------
        Moments
            The same record where it is all of them.

        Raises
        ------
        ColumnNotFound
            Where the rows were not grouped by one.
        """
        if tuple(levels) == self.levels:
            return self
        for level in levels:
            if level not in self.levels:
                raise ColumnNotFound.of(level, "a group", "stored moments", self.levels)
        at = [self.levels.index(level) for level in levels]
        whose = [tuple(key[i] for i in at) for key in self.keys]
        keys = tuple(sorted(set(whose), key=key_order))
        place = {key: i for i, key in enumerate(keys)}
        total = _empty(len(keys), self.shift)
        _add(total, [place[key] for key in whose], self.clusters)
        return replace(self, levels=tuple(levels), keys=keys, clusters=total)

    def model(self, outcome: str, fixed: Sequence[str], groups: Sequence[str]) -> Moments:
        """What are the moments of a model of these columns?

        Parameters
        ----------
        outcome : str
            A column that is no category.
        fixed : sequence of str
            Terms as they were named when the moments were made; a category's columns go together.
        groups : sequence of str
            Grouping columns, widest first.

        Returns
        -------
        Moments
            The intercept, the terms in this order, the outcome. Rows that were left out for a column
            that is not among them stay out.

        Raises
        ------
        ColumnNotFound
            Where one is not there.
        """
        terms = [LEVEL.sub("", column) for column in self.columns]
        if outcome not in self.columns:
            raise ColumnNotFound.of(outcome, "the outcome", "stored moments", self.columns)
        for term in fixed:
            if term not in terms:
                raise ColumnNotFound.of(term, "a term", "stored moments", dict.fromkeys(terms))
        wanted = [i for term in fixed for i, own in enumerate(terms) if own == term]
        return self.grouped(groups).picked([0, *wanted, self.columns.index(outcome)])

    def codes(self, level: int) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
        """To which group of a wider level does each group belong?

        Parameters
        ----------
        level : int
            Position among ``levels``; groups are told apart by all levels up to it.

        Returns
        -------
        ndarray of int, shape (J,)
            0, 1, ... in the order of the keys.
        """
        seen: dict[Key, int] = {}
        return np.array([seen.setdefault(key[: level + 1], len(seen)) for key in self.keys], dtype=np.int64)

    def write(self, path: str | Path, least: int = 1) -> Path:
        """Where are the moments stored?

        Moments of a group of few pupils can disclose them: ``least`` leaves small groups out.

        Parameters
        ----------
        path : str or Path
            A Parquet file.
        least : int
            Groups with fewer rows are left out.

        Returns
        -------
        Path
            The file.
        """
        import duckdb
        import pandas as pd

        q = len(self.columns)
        upper = np.triu_indices(q)
        enough = self.clusters.n >= least
        table = pd.DataFrame([key for key, kept in zip(self.keys, enough, strict=True) if kept])
        table.columns = pd.Index([f"key{i}" for i in range(len(self.levels))])
        numbers = {"n": self.clusters.n[enough]}
        sums = {f"s{i}": self.clusters.sums[enough, i] for i in range(q)}
        cross = {f"c{a}_{b}": self.clusters.cross[enough, a, b] for a, b in zip(*upper, strict=True)}
        table = pd.concat([table, pd.DataFrame({**numbers, **sums, **cross})], axis=1)
        head = json.dumps(
            {
                "schema": self.schema,
                "columns": self.columns,
                "levels": self.levels,
                "shift": self.shift.tolist(),
                "n_dropped": self.n_dropped,
                "missing": self.missing,
            }
        )
        quoted = head.replace("'", "''")
        target = str(path).replace("'", "''")
        with duckdb.connect() as connection:
            connection.register("moments", table)
            connection.execute(f"COPY moments TO '{target}' (FORMAT PARQUET, KV_METADATA {{afa_eval: '{quoted}'}})")
        return Path(path)


def read_moments(path: str | Path) -> Moments:
    """Which moments were stored here?

    Parameters
    ----------
    path : str or Path
        What ``Moments.write`` wrote.

    Returns
    -------
    Moments
        The same record.

    Raises
    ------
    DataError
        Where the file is missing, or holds no moments of this schema.
    """
    import duckdb

    if not Path(path).exists():
        raise DataError(f"There is no file {path}.")
    with duckdb.connect() as connection:
        found = connection.execute(
            "SELECT decode(value) FROM parquet_kv_metadata(?) WHERE decode(key) = 'afa_eval'", [str(path)]
        ).fetchone()
        table = connection.execute("SELECT * FROM read_parquet(?)", [str(path)]).df()
    head = json.loads(found[0]) if found else {}
    if head.get("schema") != SCHEMA:
        raise DataError(f"{Path(path).name} holds no moments of version {SCHEMA}.")
    q, levels = len(head["columns"]), tuple(head["levels"])
    clusters = _empty(len(table), np.array(head["shift"]))
    clusters.n[:] = table["n"]
    for i in range(q):
        clusters.sums[:, i] = table[f"s{i}"]
    for a, b in zip(*np.triu_indices(q), strict=True):
        clusters.cross[:, a, b] = clusters.cross[:, b, a] = table[f"c{a}_{b}"]
    keys = tuple(zip(*(table[f"key{i}"].tolist() for i in range(len(levels))), strict=True)) if levels else ((),)
    missing = tuple((str(column), int(count)) for column, count in head["missing"])
    return Moments(tuple(head["columns"]), levels, keys, clusters, head["n_dropped"], missing)


def reshift(clusters: ClusterMoments, shift: Floats) -> ClusterMoments:
    """What are the moments around another shift?

    Parameters
    ----------
    clusters : ClusterMoments
        Around their own.
    shift : ndarray, shape (q,)
        The new one.

    Returns
    -------
    ClusterMoments
        Exact but for rounding, which is small where the two shifts are near.
    """
    by = shift - clusters.shift
    if not by.any():
        return clusters
    outer = clusters.sums[:, :, None] * by
    n = clusters.n[:, None, None]
    cross = clusters.cross - outer - outer.transpose(0, 2, 1) + n * np.outer(by, by)
    return ClusterMoments(clusters.n, clusters.sums - clusters.n[:, None] * by, cross, shift)


def _empty(size: int, shift: Floats) -> ClusterMoments:
    q = shift.size
    return ClusterMoments(np.zeros(size, dtype=np.int64), np.zeros((size, q)), np.zeros((size, q, q)), shift)


def _add(total: ClusterMoments, places: list[int], part: ClusterMoments) -> None:
    """Add moments to those of the groups at these places."""
    np.add.at(total.n, places, part.n)
    np.add.at(total.sums, places, part.sums)
    np.add.at(total.cross, places, part.cross)


def key_order(key: Sequence[object]) -> tuple[tuple[str, object], ...]:
    """In which order do groups stand?

    Parameters
    ----------
    key : sequence
        The group's values, widest level first.

    Returns
    -------
    tuple
        Sorts numbers before text, each in its own order.
    """
    return tuple(("", part) if isinstance(part, int | float) else (type(part).__name__, part) for part in key)
