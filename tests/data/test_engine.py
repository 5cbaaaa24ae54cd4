"""The DuckDB behind registers and Parquet: nothing printed, nothing left, bounded."""

from __future__ import annotations

from pathlib import Path

from afa_eval.data.engine import MEMORY, connected


def test_it_prints_no_bar_and_leaves_nothing() -> None:
    with connected(MEMORY) as engine:
        asked = "SELECT current_setting('enable_progress_bar'), current_setting('temp_directory')"
        bar, room = engine.execute(asked).fetchone()
        limit = engine.execute("SELECT current_setting('memory_limit')").fetchone()[0]
        assert not bar  # it would stand within a command's JSON
        assert Path(room).is_dir()
        assert limit.endswith("MiB")
    assert not Path(room).exists()
