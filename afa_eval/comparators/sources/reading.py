"""A published CSV as text, symbols and all."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd


def table(folder: Path, name: str) -> pd.DataFrame:
    """What stands in a published file, cell for cell?

    Parameters
    ----------
    folder : Path
        Where the published files are.
    name : str
        One of them, a CSV; it may be compressed.

    Returns
    -------
    pandas.DataFrame
        Text only: nothing is taken for a missing value.
    """
    import pandas as pd

    return pd.read_csv(folder / name, dtype=str, keep_default_na=False)
