"""A small book, drawn and built once in a process that makes books, or that their makers are forked from, and thrown away.

Who has rehearsed has what every book would otherwise make anew: Sphinx's own modules, compiled page templates and
selectors, and what matplotlib works out at its first drawing. A rehearsal that fails costs that time and nothing else.
"""

from __future__ import annotations

import contextlib
import json
import tempfile
from pathlib import Path

from afa_eval.report import sphinx_build

FIRST = """\
# A rehearsal

[The other page](#at-other) and {download}`a file <chart.svg>`.

::::{grid} 1 2 2 2
:::{grid-item-card} [Other](#at-other)
**One** word.
:::
::::

```{figure} chart.svg
:alt: Nothing
:class: afa-chart
```

```{list-table} Numbers
:header-rows: 1
:class: afa-rows

* - What
  - How many
* - Ones
  - 1
```

````{dropdown} More
*More* words.
````

```{admonition} Note
:class: note

To be seen.
```
"""
SECOND = "(at-other)=\n# Another page\n\n## The plan\n\n1. One\n\n```toml\nkey = 1\n```\n\n```text\nwords\n```\n"


CHART = '<svg xmlns="http://www.w3.org/2000/svg" width="1" height="1"/>'


def writing() -> None:
    """What is made once for the pages of all books that are written after it in this process?"""
    from afa_eval.report import kept, pages

    with contextlib.suppress(Exception):
        kept.code()
        for template in pages.shipped():
            made = pages.environment(pages.template(template, Path()))
            for name in made.list_templates(extensions=["md"]):
                made.get_template(name)
        _drawing()


def building() -> None:
    """What is made once for all books that are built after it in this process, or in one that is forked from it?"""
    with contextlib.suppress(Exception), tempfile.TemporaryDirectory(prefix="afa-rehearsal-") as name:
        work = Path(name)
        (work / "chart.svg").write_text(CHART, encoding="utf-8")
        (work / "index.md").write_text(FIRST, encoding="utf-8")
        (work / "other.md").write_text(SECOND, encoding="utf-8")
        order = {"root": "index", "parts": [{"caption": "Part", "chapters": [{"file": "other"}]}]}
        (work / "_toc.yml").write_text(json.dumps({"format": "jb-book", **order}), encoding="utf-8")
        (work / "_config.yml").write_text(
            json.dumps(sphinx_build.configuration("Rehearsal", "Nobody")), encoding="utf-8"
        )
        sphinx_build.run(work, here=True)


def _drawing() -> str:
    """Any drawing: the first one in a process takes longest."""
    from afa_eval.estimate import charts
    from afa_eval.estimate.charts import canvas

    made = canvas.start("A rehearsal", "Of a chart", 1.0)
    axes = made.axes(1.0, made.top, 2.0, 0.5)
    axes.plot([0.0, 1.0], [0.0, 1.0], marker="o")
    axes.text(0.5, 0.5, "Words", fontproperties=canvas.font(canvas.SIZES["small"]))
    return charts.to_svg(made.figure)
