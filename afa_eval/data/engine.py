"""The DuckDB that counts marks and reads Parquet: quiet, within bounds, and tidy."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

MEMORY = "700MB"  # where marks are counted


@contextmanager
def connected(memory: str = "") -> Iterator[Any]:
    """Which DuckDB is asked?

    Parameters
    ----------
    memory : str
        The most it may take, as DuckDB writes it; its own usual share where empty.

    Yields
    ------
    duckdb.DuckDBPyConnection
        One of its own. It prints no progress bar, which could stand within a command's JSON, and what does not fit into
        memory lies in a folder that is gone afterwards, not in the folder where one stands.

    Examples
    --------
    >>> with connected() as engine:
    ...     engine.execute("SELECT 1").fetchone()
    (1,)
    """
    import duckdb

    with tempfile.TemporaryDirectory() as room, duckdb.connect() as engine:
        engine.execute(f"SET temp_directory='{room}'")
        if memory:
            engine.execute(f"SET memory_limit='{memory}'")
        with suppress(duckdb.InvalidInputException):  # a notebook without widgets has no bar to switch off
            engine.execute("SET enable_progress_bar = false")
        yield engine
