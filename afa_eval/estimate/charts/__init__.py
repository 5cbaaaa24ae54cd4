"""How does it look? Charts of estimates and tables, each with its finding in words.

Every function returns a ``matplotlib.figure.Figure`` (``flow`` returns SVG text itself).
``to_svg(figure)`` turns it into accessible, repeatable SVG; ``alt(figure)`` is its finding in
words. ``narrow=True`` draws the same chart for a phone. What may not be published is written as
such, never drawn as nought; where nothing is left to draw, a ``ReportError`` says so.
"""

from afa_eval.estimate.balance import Balance
from afa_eval.estimate.charts.canvas import alt, to_svg
from afa_eval.estimate.charts.event_plot import event_study
from afa_eval.estimate.charts.flow_diagram import flow
from afa_eval.estimate.charts.forest_plot import forest
from afa_eval.estimate.charts.funnel_plot import FEWEST as FEWEST_IN_FUNNEL
from afa_eval.estimate.charts.funnel_plot import funnel
from afa_eval.estimate.charts.love_plot import love
from afa_eval.estimate.charts.paired import alt_slopes
from afa_eval.estimate.charts.pairs import dumbbell, slopes
from afa_eval.estimate.charts.saying import alt_bars, alt_flow, alt_forest
from afa_eval.estimate.charts.shares import alt_table
from afa_eval.estimate.charts.stacked import coverage, likert, quarters
from afa_eval.estimate.charts.timeline import absence_lines

__all__ = [
    "FEWEST_IN_FUNNEL",
    "Balance",
    "absence_lines",
    "alt",
    "alt_bars",
    "alt_flow",
    "alt_forest",
    "alt_slopes",
    "alt_table",
    "coverage",
    "dumbbell",
    "event_study",
    "flow",
    "forest",
    "funnel",
    "likert",
    "love",
    "quarters",
    "slopes",
    "to_svg",
]
