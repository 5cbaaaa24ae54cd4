"""An intruder with the published files and a solver: which counts of a few people can they work out?

Nothing here comes from the disclosure room but its files, as the output checkers get them: ``results.json`` and the
CSVs beside it. What adds up, and who is among whom, is written again from labels, and the files of the same trust
under a policy that hides nothing say which of these sums are true: an intruder who guesses well uses those.

As a script it tries many trusts: ``python tests/disclosure/intruder.py --schools 4 6 8 10 --seeds 0 1 2``.
"""

from __future__ import annotations

import argparse
import csv
import json
import re
import sys
import tempfile
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import permutations
from pathlib import Path

import numpy as np

NAMED = {
    "SEN support": "sen_provision=K",
    "EHC plan": "sen_provision=E",
    "Primary": "phase=primary",
    "Secondary": "phase=secondary",
    "In the programme": "cohort=pilot",
    "Comparison": "cohort=comparison",
}
TOGETHER = {"sen=any": ("sen_provision=K", "sen_provision=E"), "sen=none": ("sen_provision=N",)}
TOGETHER["phase=primary"] = tuple(f"year_group={year}" for year in range(7))
TOGETHER["phase=secondary"] = tuple(f"year_group={year}" for year in range(7, 15))
NO_PEOPLE = ("absence_rate", "authorised_rate", "unauthorised_rate", "probability", "icc", "mdes", "reliability")
# who is among whom, where the numbers do not say otherwise; a star is any outcome
AMONG = [
    ("took part", "tested", "*"),
    ("took part", "scored", "*"),
    ("took part", "before", "*"),
    ("took part", "followed", ""),
    ("register", "tested", "="),
    ("tested", "scored", "="),
    ("before", "followed", "*"),
    ("after", "followed later", "*"),
    ("answered before", "both", "="),
    ("answered after", "both", "="),
    ("answered before", "all items", "="),
    ("either", "both", "="),
]
FAR = 1e5


@dataclass
class Files:
    """What is printed: each number's name and value, and which of them add up."""

    seen: dict[tuple, float | None] = field(default_factory=dict)
    sums: list[tuple[str, list[tuple[tuple, float]]]] = field(default_factory=list)
    printed_in: dict[tuple, str] = field(default_factory=dict)

    def put(self, key: tuple, value: float | None, where: str) -> tuple:
        if value is not None or key not in self.seen:
            self.seen[key], self.printed_in[key] = value, where
        return key


def numbers_of(text: str) -> float | None:
    return float(text) if text else None


def read(folder: Path) -> Files:
    """All counts of people in a folder for the output checkers."""
    files, results = Files(), json.loads((folder / "results.json").read_text())["results"]
    for name, record in results.items():
        rows = list(csv.reader((folder / record["files"][0]["name"]).open(encoding="utf-8")))
        if name.startswith("estimates-"):
            for row in rows[1:]:
                _figure(files, dict(zip(rows[0], row, strict=True)))
        elif record["properties"]["method"] != "series" and record["properties"]["counts"] != "schools":
            _table(files, name, rows)
    _groups(files)
    return files


def _figure(files: Files, row: dict[str, str]) -> None:
    outcome, group, name = row["outcome"], row["group"], row["estimand"]
    if row["base"] == "schools" or " - " in group:
        return
    n, value = numbers_of(row["n_pupils"]), numbers_of(row["estimate"])
    where = f"{outcome}, {group}, {name}"
    people = files.put((_population(name, row["base"]), outcome, group), n if value is not None else None, where)
    if row["unit"] == "count":
        files.put((name.replace("absentees", "absence"), outcome, group), value, where)
    if row["unit"] != "proportion" or name.startswith(NO_PEOPLE):
        return
    count = None if value is None or n is None else value * n
    yes = files.put(("scored" if name == "coverage" else name, outcome, group), count, where)
    no = files.put((f"not {name}", outcome, group), None if count is None else n - count, where)
    files.sums.append(("share", [(people, 1), (yes, -1), (no, -1)]))


def _population(name: str, base: str) -> str:
    if base == "pupils":
        return "tested" if name.startswith(("coverage", "standard_share")) else "scored"
    if base == "enrolments":
        return "before" if name.endswith("_before") else "after"
    if name.startswith("response_rate"):
        return f"asked {name}"
    if name.startswith("reliability"):
        return "all items"
    who = "either" if name.endswith("unpaired") or name == "share_paired" else "both"
    return f"{who}, by the items" if name.startswith("scale") else who  # who rated, and who answered the items


def _table(files: Files, name: str, rows: list[list[str]]) -> None:
    columns, labels = rows[0][1:], [row[0] for row in rows[1:]]
    cells = {}
    for label, row in zip(labels, rows[1:], strict=True):
        for column, text in zip(columns, row[1:], strict=True):
            key = _cell(name, label, column)
            cells[label, column] = files.put(key, numbers_of(text), f"{name}: {label}, {column}")
    _totals(files, cells, labels, columns)
    outcome = name.partition("-")[2]
    if name.startswith("quarters-"):
        for label in labels:
            share = ("above_national_average_share", outcome, _group(label))
            if share in files.seen:
                files.sums.append(("half", [(share, 1), *((cells[label, column], -1) for column in columns[2:4])]))
    if name.startswith("flow-"):
        gone = [cells[label, columns[0]] for label in labels if label.startswith(("No longer", "Not asked"))]
        tested = ("tested", outcome, "all")
        files.sums.append(("on the way", [(("register", outcome, "all"), 1), (tested, -1), *((g, -1) for g in gone)]))


def _totals(files: Files, cells: dict[tuple[str, str], tuple], labels: list[str], columns: list[str]) -> None:
    """Rows and columns add up to what is called total; of enrolments handed in some are counted."""
    for label in labels if "Total" in columns else ():
        parts = [(cells[label, column], -1) for column in columns if column != "Total"]
        files.sums.append(("row", [(cells[label, "Total"], 1), *parts]))
    whole = "Total" if "Total" in labels else labels[0] if "Counted" in labels else None
    for column in columns if whole else ():
        parts = [(cells[label, column], -1) for label in labels if label != whole]
        files.sums.append(("column", [(cells[whole, column], 1), *parts]))


def _group(label: str) -> str:
    if label == "Total":
        return "all"
    status = re.search(r"\((\w)\)$", label)
    return f"sen_provision={status[1]}" if status else NAMED.get(label, label)


def _cell(name: str, label: str, column: str) -> tuple:
    """Which people a cell counts, by the name of its table: the same name is the same people."""
    kind, _, outcome = name.partition("-")
    makers = {"participants": _who_took_part, "coverage": _who_was_tested, "quarters": _who_has_scores}
    makers |= {"balance": _who_has_scores, "flow": _who_is_left, "counted": _whose_enrolment, "transition": _who_stayed}
    makers |= {"sen": _who_stayed, "distribution": _who_answered, "left": _who_left}
    make = makers.get(kind)
    found = make(outcome, label, column, name) if make else None
    return found or (f"{name}: {label}", column, "all")


def _who_took_part(outcome, label, column, name) -> tuple:
    return ("took part", "", f"{outcome}={label}" if label.startswith(("No SEN", "In neither")) else _group(label))


def _who_was_tested(outcome, label, column, name) -> tuple:
    who = {"with the scores needed": "scored", "Total": "tested"}.get(column, f"without: {column}, {name}")
    return (who, outcome.removesuffix("-cohort"), _group(label))


def _who_has_scores(outcome, label, column, name) -> tuple:
    return ("scored" if column in {"Total", "Pupils"} else f"quarter {column}", outcome, _group(label))


def _who_is_left(outcome, label, column, name) -> tuple:
    who = {"With both scores": "scored", "With a score": "scored", "Total": "register"}.get(label, f"flow {label}")
    return (who, outcome, "all")


def _who_left(outcome, label, column, name) -> tuple:
    gone = "flow No longer on roll at the last score"
    who = {"still on roll": "tested", "left before the last score": gone}.get(column.casefold(), "tested and left")
    return (who, outcome.removesuffix("-cohort"), _group(label))


def _whose_enrolment(outcome, label, column, name) -> tuple | None:
    return ("before" if column < "2022/23" else "after", outcome, "all") if label == "Counted" else None


def _who_stayed(outcome, label, column, name) -> tuple:
    if label == column == "Total":
        return ("followed", "", "all")
    if name == "sen-status" and column == "Total":
        return ("followed", "", _group(label))
    if name == "sen-status" and label == "Total":
        return ("followed later", "", _group(column))
    return (f"{name} {label}", column, "all")


def _who_answered(outcome, label, column, name) -> tuple | None:
    if name.endswith("items"):
        return None
    who, _, wave = label.rpartition(": ")
    answer = f"answered {wave.lower()}" if column == "Total" else f"answered {wave.lower()}: {column}"
    return (answer, re.sub(r"-(all|by-.*)$", "", outcome), NAMED.get(who, f"{name}={who}") if who else "all")


def _parts(group: str) -> frozenset[str]:
    return frozenset(part.strip() for part in group.split("&")) - {"all"}


def _groups(files: Files) -> None:
    """Groups that make up others, one column at a time; and the same people under two names."""
    families: dict[tuple, dict[frozenset[str], tuple]] = defaultdict(dict)
    for key in list(files.seen):
        families[key[:2]][_parts(key[2])] = key
    for family in families.values():
        members: dict[tuple, list[tuple]] = defaultdict(list)
        for parts, key in family.items():
            for part in parts:
                members[parts - {part}, part.partition("=")[0]].append(key)
                inside = [family.get(parts - {part} | {one}) for one in TOGETHER.get(part, ())]
                if found := [one for one in inside if one is not None]:
                    files.sums.append(("nest", [(key, 1), *((one, -1) for one in found)]))
        for (whole, _), found in members.items():
            if whole in family:
                files.sums.append(("split", [(family[whole], 1), *((one, -1) for one in found)]))
    _links(files, families)


def _links(files: Files, families: dict) -> None:
    no_sen = ("took part", "", "primary_need=No SEN"), ("took part", "", "sen_provision=N")
    files.sums.append(("same", [(no_sen[0], 1), (no_sen[1], -1)]))
    for (population, outcome), family in families.items():
        for key in family.values():
            group = key[2]
            if population == "either":
                waves = ("answered before", outcome, group), ("answered after", outcome, group)
                files.sums.append(("either", [(key, 1), *((one, -1) for one in waves), (("both", outcome, group), 1)]))
            for wave in ("before", "after"):
                if population.endswith(f"_{wave}"):
                    files.sums += _among_shares(population, wave, key)
    for wide, narrow, where in AMONG:
        for one, other in permutations(families, 2):
            if (one[0], other[0]) == (wide, narrow) and (where == "*" or one[1] == other[1]):
                _among(files, families[one], families[other])


def _among_shares(name: str, wave: str, key: tuple) -> Iterator[tuple[str, list]]:
    """Whom a share counts is among others, or holds them."""
    if name.startswith("persistent") and key[2] == "all":
        ends = ("Persistently absent", "Total") if wave == "before" else ("Total", "Persistently absent")
        yield "among", [(key, 1), ((f"transition-absence {ends[0]}", ends[1], "all"), -1)]
    if name.startswith("severe"):
        yield "among", [((name.replace("severe", "persistent"), *key[1:]), 1), (key, -1)]
    if name.startswith("top_box"):
        yield "among", [((f"answered {wave}: excellent", *key[1:]), 1), (key, -1)]


def _among(files: Files, wide: dict, narrow: dict) -> None:
    """Group by group: one kind of sum for each column, so that a column taken at another time links no group."""
    for group in wide.keys() & narrow.keys():
        whole, part = wide[group], narrow[group]
        columns = " and ".join(sorted(one.partition("=")[0] for one in group))
        # those with a score are some of those to be tested: where these are taken at another time, so are they
        kind = f"{whole[0]}, {part[1]} {'' if whole[0] == 'took part' else part[0]} by {columns}"
        files.sums.append((kind, [(whole, 1), (part, -1)]))


@dataclass
class Found:
    """What came out?"""

    hidden: int
    narrow: list
    told: list


def true_sums(files: Files, truth: Files) -> list[tuple[list[tuple[tuple, float]], float]]:
    """Sums that hold, with what the whole has left; who is among whom only where that is so for every group."""
    left: list[tuple[str, list, float]] = []
    for kind, whole_line in files.sums:
        line = [(key, weight) for key, weight in whole_line if key in files.seen]
        values = [truth.seen.get(key) for key, _ in line]
        if len(line) > 1 and None not in values:
            left.append((kind, line, sum(w * v for (_, w), v in zip(line, values, strict=True))))
    wrong = {kind for kind, _, rest in left if rest < -0.5}
    return [(line, round(rest)) for kind, line, rest in left if kind not in wrong and rest > -0.5]


def add_merged(files: Files, truth: Files) -> None:
    """Reasons that were put together: their truth is what the others leave of the row."""
    for kind, line in files.sums:
        unknown = [key for key, _ in line if truth.seen.get(key) is None]
        if kind in {"row", "column"} and len(unknown) == 1 and unknown[0][0].startswith("without: "):
            truth.seen[unknown[0]] = sum(w * truth.seen[key] for key, w in line if key != unknown[0])


def attack(
    folder: Path, open_folder: Path, threshold: int, step: int = 0, least: int = 0, *, others: bool = False
) -> Found:
    """Which hidden counts of a few, and differences of people among people, are known to within the threshold?

    ``others`` asks of hidden counts that are not few as well.
    """
    files, truth = read(folder), read(open_folder)
    for _ in range(2):
        add_merged(files, truth)
    lines = true_sums(files, truth)
    index = {key: at for at, key in enumerate(key for key in files.seen if truth.seen.get(key) is not None)}
    true = [float(truth.seen[key]) for key in index]
    low, high = [], []
    for key in index:
        value = files.seen[key]
        # where noughts are printed, a hidden cell of a table is one or more, unless its whole table is hidden
        floor = least if ": " in files.printed_in[key] and truth.seen[key] else 0
        rest_of_rounded = bool(step) and key[0].startswith("not ")  # says no more than the two that it is made from
        ends = (floor, FAR) if value is None or rest_of_rounded else _ends(value, step, threshold)
        low.append(ends[0])
        high.append(ends[1])
    rows, labels = [], [" | ".join(map(str, key)) for key in index]
    for line, rest in lines:
        row = [(index[key], weight) for key, weight in line if key in index]
        if rest:
            row.append((len(true), -1.0))
            true.append(rest)
            low.append(0.0)
            high.append(FAR)
            labels.append(" less ".join("/".join(map(str, key)) for key, _ in line[:4]))
        rows.append(row)
    return _solved(rows, np.array(low), np.array(high), np.array(true), labels, files, index, threshold, others)


def _ends(value: float, step: int, threshold: int) -> tuple[float, float]:
    if not step or round(value, 6) == 0:
        return round(value), round(value)
    whole = step * round(value / step)
    value = whole if abs(value - whole) < SHARES else value
    return max(value - step // 2, min(threshold, value)), value + step // 2


def _solved(rows, low, high, true, labels, files, index, threshold, others) -> Found:
    from scipy.optimize import linprog
    from scipy.sparse import csr_array

    entries = [(at, column, weight) for at, row in enumerate(rows) for column, weight in row]
    which, columns, weights = (np.array(one) for one in zip(*entries, strict=True))
    matrix = csr_array((weights.astype(float), (which, columns)), shape=(len(rows), true.size))
    assert np.abs(matrix @ true).max() < 1e-3  # the truth fits every sum, or the sum is no sum
    outside = np.flatnonzero((low - 1e-3 > true) | (true > high + 1e-3))
    assert not outside.size, [(labels[at], true[at], low[at], high[at]) for at in outside]
    hidden = {at for key, at in index.items() if files.seen[key] is None}
    small = [at for at in range(true.size) if 0 < round(true[at]) < threshold]
    told, narrow = [], []
    least, most = true.copy(), true.copy()  # of all solutions seen so far: each speaks for many numbers
    for at in sorted({*(hidden if others else ()), *small}):
        for sign in (1.0, -1.0):
            if _whole(most[at], least[at]) >= threshold:
                break
            cost = np.zeros(true.size)
            cost[at] = sign
            found = linprog(cost, A_eq=matrix, b_eq=np.zeros(len(rows)), bounds=np.c_[low, high], method="highs")
            assert found.status == 0
            least, most = np.minimum(least, found.x), np.maximum(most, found.x)
        if _whole(most[at], least[at]) < threshold:
            (told if at in small else narrow).append((labels[at], *(round(one[at]) for one in (true, least, most))))
    return Found(len(hidden), narrow, told)


def _whole(most: float, least: float) -> float:
    """How far apart are the largest and the smallest whole number between these ends?"""
    return float(np.floor(most + 1e-6) - np.ceil(least - 1e-6))


def folders(found, folder: Path, policies: list[str]) -> Iterator[tuple[str, Path]]:
    """The files of an evaluation under policies; ``open`` hides nothing."""
    from afa_eval import disclosure
    from afa_eval.disclosure import acro

    nothing = disclosure.Policy(name="open", threshold=1, residual_df=0, hide_zeros=False, min_schools=1, dominance=0.0)
    for policy in ("open", *policies):
        release = disclosure.release(found, nothing if policy == "open" else policy)
        yield policy, acro.write(release, folder / policy).parent


SHARES = 0.05  # a share times its base misses the whole number that it stands for by its last printed digit
RULES = {"publish": (10, 0, 0), "trust": (5, 0, 1), "opensafely": (8, 5, 0)}


def say(*lines: str) -> None:
    sys.stdout.writelines(f"{line}\n" for line in lines)
    sys.stdout.flush()


def main() -> None:
    from afa_eval import demo, evaluation

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--schools", type=int, nargs="+", default=[4, 6, 8])
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1])
    parser.add_argument("--policies", nargs="+", default=list(RULES))
    given = parser.parse_args()
    told = 0
    for schools in given.schools:
        for seed in given.seeds:
            with tempfile.TemporaryDirectory() as name:
                plan = demo.write(Path(name) / "trust", schools=schools, seed=seed)
                made = dict(folders(evaluation.evaluate(plan), Path(name) / "out", given.policies))
                for policy in given.policies:
                    threshold, step, least = RULES[policy]
                    found = attack(made[policy], made["open"], threshold, step, least)
                    told += len(found.told)
                    say(f"{schools} schools, seed {seed}, {policy}: {found.hidden} hidden, {len(found.told)} told")
                    say(*(f"    {line}" for line in found.told))
    say(f"{told} counts of a few people worked out")


if __name__ == "__main__":
    main()
