"""The door to Jupyter Book 2 stays open: mystmd, its engine, reads the same pages without a warning."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from afa_eval.report import pages

ROOT = Path(__file__).resolve().parents[2]
MYST = ROOT / ".venv" / "node_modules" / ".bin" / "myst"
TEMPLATES = pages.shipped() if os.environ.get("CI") else ("trust",)


@pytest.mark.skipif(
    not MYST.is_file() or shutil.which("node") is None,
    reason="mystmd is not installed: npm install --prefix .venv mystmd",
)
@pytest.mark.parametrize("name", TEMPLATES)
def test_mystmd_reads_every_page_without_a_warning(book, folder, tmp_path, name) -> None:
    work = Path(shutil.copytree(folder, tmp_path / "pages"))
    written = pages.write_pages(book, work, pages.template(name))
    (work / "_toc.yml").unlink()
    toc = [{"file": f"{page}.md"} for page in written]
    theme = tmp_path / "theme"  # one of our own, since its own would be fetched
    theme.mkdir()
    (theme / "template.yml").write_text("myst: v1\nkind: site\ntitle: none\n")
    site = {"version": 1, "project": {"toc": toc}, "site": {"template": str(theme)}}
    (work / "myst.yml").write_text(json.dumps(site))
    command = ["node", str(MYST), "build", "--site", "--strict", "--ci"]
    done = subprocess.run(command, cwd=work, capture_output=True, text=True, timeout=300, check=False, encoding="utf-8")
    said = (done.stdout + done.stderr).splitlines()
    assert [line for line in said if "\u26a0" in line or "\u26d4" in line] == []
    assert done.returncode == 0
    assert any(f"Built {len(written)} pages" in line for line in said)
