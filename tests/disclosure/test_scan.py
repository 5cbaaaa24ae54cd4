"""The last look at what is about to be published: canaries in the inputs, put into every kind of file."""

from __future__ import annotations

import re
import zipfile
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from afa_eval.codes import upn
from afa_eval.disclosure import scan, secrets
from afa_eval.errors import DisclosureError

UPN, NAME, BORN, ID = "H801200001001", "Quagmirestone", "2013-05-04", "PX-00417"
PUPILS = f"""UPN,Surname,Forename,DOB,pupil_ref,sex,fsm
{UPN},{NAME},Reading,04/05/2013,{ID},F,no
H801200001002,School,Ottoline,05/06/2014,PX-00418,M,yes
"""


@pytest.fixture(scope="module")
def known(tmp_path_factory):
    """What a small file of pupils holds."""
    folder = tmp_path_factory.mktemp("inputs")
    (folder / "pupils.csv").write_text(PUPILS, encoding="utf-8")
    found = secrets.of_inputs({"pupils": ("pupils.csv",)}, folder, {"pupils": {"pupil_id": "pupil_ref"}})
    return found.without(["Mrs Ottoline leads the group."])


def test_what_no_page_may_say_is_read_from_the_inputs(known):
    assert {UPN, ID, "PX-00418"} <= known.identifiers.keys()
    assert set(known.names) == {NAME}  # "Reading" and "School" are words of every book, and one name is the plan's own
    assert {BORN, "4/5/2013", "04 May 2013"} <= known.dates.keys()
    assert any(row.startswith(f"{UPN},{NAME}") for row in known.rows)


@pytest.mark.parametrize("said", ["Ottoline School", "School, Ottoline", "<b>Ottoline</b> School", "OTTOLINE SCHOOL"])
def test_the_trusts_own_words_may_not_say_a_childs_whole_name(tmp_path, said):
    capitals = PUPILS.replace("School,Ottoline", "SCHOOL,OTTOLINE") if said.isupper() else PUPILS
    (tmp_path / "pupils.csv").write_text(capitals, encoding="utf-8")
    found = secrets.of_inputs({"pupils": ("pupils.csv",)}, tmp_path, {"pupils": {"pupil_id": "pupil_ref"}})
    page = tmp_path / "page.html"
    for words in (said, "Mrs Ottoline leads the group. School begins on 5 June 2014."):
        page.write_text(words, encoding="utf-8")
        hits = scan.scan(page, found.without([words]))
        assert [hit.kind for hit in hits] == (["a child's whole name from pupils.csv"] if words == said else [])


def test_one_column_may_hold_whole_names_and_those_of_ordinary_words_are_not_looked_for(tmp_path):
    rows = "upn,pupil name\nH801200001001,Quagmirestone Ada\nH801200001002,Reading School\n"
    (tmp_path / "pupils.csv").write_text(rows, encoding="utf-8")
    found = secrets.of_inputs({"pupils": ("pupils.csv",)}, tmp_path, {"pupils": {"pupil_id": "upn"}}).without([])
    assert set(found.children) == {("Quagmirestone", "Ada"), ("Ada", "Quagmirestone")}


def packed(file, **members):
    with zipfile.ZipFile(file, "w") as made:
        for name, text in members.items():
            made.writestr(name.replace("_", "/", 1) + ".xml", text)


def pdf(file, text):
    """The smallest document that a reader of PDF opens: one page, its text packed."""
    stream = zlib.compress(f"BT /F 9 Tf 9 9 Td ({text}) Tj ET".encode())
    bodies = (
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 99 99] /Contents 4 0 R /Resources << /Font << /F 5 0 R >> >> >>",
        b"<< /Filter /FlateDecode /Length %d >>\nstream\n%s\nendstream" % (len(stream), stream),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
    )
    made, starts = b"%PDF-1.4\n", []
    for number, body in enumerate(bodies, 1):
        starts.append(len(made))
        made += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    table = b"".join(b"%010d 00000 n \n" % start for start in starts)
    end = b"trailer << /Size 6 /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % len(made)
    file.write_bytes(made + b"xref\n0 6\n0000000000 65535 f \n" + table + end)


WRITERS = {
    "page.html": lambda file, text: file.write_text(f"<p>{text}</p>", encoding="utf-8"),
    "entities.html": lambda file, text: file.write_text("".join(f"&#{ord(one)};" for one in text), encoding="utf-8"),
    "searchindex.js": lambda file, text: file.write_text(f'{{"terms": {{"{text}": 1}}}}', encoding="utf-8"),
    "chart.svg": lambda file, text: file.write_text(f"<svg><text>{text}</text></svg>", encoding="utf-8"),
    "table.csv": lambda file, text: file.write_text(f"group,n\n{text},12\n", encoding="utf-8"),
    "notes.xlsx": lambda file, text: packed(file, xl_sharedStrings=f"<sst><si><t>{text}</t></si></sst>"),
    "carried.xlsx": lambda file, text: packed(file, docProps_core=f"<creator>{text}</creator>"),
    "summary.docx": lambda file, text: packed(file, word_document=f"<w:t>{text}</w:t>"),
    "book.pdf": pdf,
    "picture.png": lambda file, text: file.write_bytes(b"\x89PNG\r\n" + f"tEXtAuthor\0{text}".encode()),
}


@pytest.mark.parametrize("file", WRITERS)
@pytest.mark.parametrize(
    ("canary", "kind"),
    [(UPN, "form of a UPN"), (NAME, "a name from"), (BORN, "a date of birth from"), (ID, "an identifier from")],
)
def test_a_canary_is_found_in_every_kind_of_file_and_never_repeated(tmp_path, known, file, canary, kind):
    WRITERS[file](tmp_path / file, "4 Key Stage 2 pupils, 16 March 2023")
    assert scan.scan(tmp_path, known) == ()
    WRITERS[file](tmp_path / file, canary)
    hits = scan.scan(tmp_path, known)
    assert {hit.file for hit in hits} == {file}
    assert any(kind in hit.kind for hit in hits)
    with pytest.raises(DisclosureError) as told:
        scan.refuse(hits)
    assert file in str(told.value)
    assert canary not in str(told.value)


def test_a_search_index_has_words_small(tmp_path, known):
    (tmp_path / "searchindex.js").write_text(f'["{NAME.lower()}", "{ID.lower()}"]', encoding="utf-8")
    assert {hit.kind.split(" from")[0] for hit in scan.scan(tmp_path, known)} == {"a name", "an identifier"}


def test_a_row_is_known_in_a_csv_and_in_a_table_of_a_page(tmp_path, known):
    row = PUPILS.splitlines()[2]
    (tmp_path / "a.csv").write_text(f"x\n{row}\n", encoding="utf-8")
    cells = "".join(f"<td><p>{cell}</p></td>" for cell in row.split(","))
    (tmp_path / "b.html").write_text(f"<table><tr>{cells}</tr></table>", encoding="utf-8")
    rows = [hit.file for hit in scan.scan(tmp_path, known) if hit.kind == "a row of pupils.csv"]
    assert rows == ["a.csv", "b.html"]


def test_the_input_itself_under_another_name_is_known(tmp_path, known):
    (tmp_path / "download.bin").write_text(PUPILS, encoding="utf-8")
    assert "the whole of pupils.csv" in {hit.kind for hit in scan.scan(tmp_path, known)}


@pytest.mark.parametrize("name", [".jupyter_cache/x.html", "jupyter_execute/a.txt", "a.ipynb", "_sources/a.md"])
def test_what_a_build_worked_with_is_found(tmp_path, name):
    (tmp_path / name).parent.mkdir(exist_ok=True)
    (tmp_path / name).write_text("fine", encoding="utf-8")
    (hit,) = scan.scan(tmp_path)
    assert "worked with" in hit.kind


@pytest.mark.parametrize("text", ["/home/head.teacher/files/a.csv", "C:\\Users\\head\\a.csv", "in {here}/data"])
def test_paths_of_a_machine_are_found(tmp_path, text):
    (tmp_path / "a.html").write_text(text.format(here="/srv/trust-files"), encoding="utf-8")
    (hit,) = scan.scan(tmp_path, paths=["/srv/trust-files"])
    assert hit.kind.startswith("a path of")
    assert "trust-files" not in hit.kind


def test_a_pdf_that_cannot_be_read_is_not_published(tmp_path):
    pytest.importorskip("pypdf", reason="without a reader of PDF its streams are looked at alone")
    (tmp_path / "book.pdf").write_bytes(b"%PDF-1.4 and nothing")
    (hit,) = scan.scan(tmp_path)
    assert "cannot be read" in hit.kind


def test_twenty_hits_are_told_and_the_rest_counted():
    with pytest.raises(DisclosureError, match="and 5 more"):
        scan.refuse([scan.Hit(f"{i}.html", "a name", 2) for i in range(25)])
    scan.refuse([])


def test_files_that_are_alike_are_read_once_and_told_each(tmp_path, known, monkeypatch):
    read = []
    texts = scan._texts
    monkeypatch.setattr(scan, "_texts", lambda file, body: read.append(file.name) or texts(file, body))
    for name in ("a/one.csv", "b/two.csv", "b/other.txt"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(f"group,n\n{ID},12\n", encoding="utf-8")
    hits = scan.scan([tmp_path / "a", tmp_path / "b"], known)
    assert [hit.file for hit in hits] == ["one.csv", "other.txt", "two.csv"]
    assert read == ["one.csv", "other.txt"]


@pytest.mark.parametrize(("name", "found"), [("A1-B2", True), ("A1-B23", False)])
def test_a_short_identifier_is_looked_for_where_there_is_one(tmp_path, name, found):
    (tmp_path / "a.txt").write_text("of A1-B2 only", encoding="utf-8")
    assert bool(scan.scan(tmp_path, secrets.Secrets(identifiers={name: "f"}))) == found


@given(st.text(alphabet="aB3.-/ ²", max_size=16), st.text(alphabet="AB3.-/²", min_size=1, max_size=6))
def test_identifiers_are_found_as_if_every_token_were_looked_at(text, name):
    look = scan.Look(secrets.Secrets(identifiers={name: "f"}), (), secrets.TOKEN, frozenset({secrets.tail(name)}))
    every = set(secrets.TOKEN.findall(text))
    assert (name in look._tokens(text)) == (name in every | {token.upper() for token in every if token.islower()})


@given(st.text(alphabet="0123 /.-JanMay", max_size=24))
def test_days_are_those_of_the_plain_pattern(text):
    """The pattern in use is the plain one, put so that it is fast."""
    plain = (
        r"(?<!\d)(?:\d{4}-\d\d-\d\d|\d{1,2}[/.-]\d{1,2}[/.-]\d\d(?:\d\d)?|\d{8}|\d{1,2} [A-Z][a-z]{2,8} \d{4})(?!\d)"
    )
    assert secrets.DAY.findall(text) == re.findall(plain, text)


@given(st.text(alphabet="H0-a\n", max_size=5), st.text(alphabet="H0-a\n", max_size=3))
def test_a_upn_stands_alone(before, after):
    text = f"{before}{UPN}{after}"
    plain = re.compile(rf"(?<![\w-]){upn.FORM.pattern}(?![\w-])")
    assert [found[0] for found in scan.UPN.finditer(text)] == [found[0] for found in plain.finditer(text)]


@pytest.mark.parametrize(
    "said", ["Zo\u00eb O'Zanqually-Vrantz", "Zoe\u0308 O\u2019Zanqually\u2011Vrantz", "O&#8217;Zanqually\u2010Vrantz"]
)
def test_a_name_is_known_however_its_marks_are_written(tmp_path, said):
    pupils = "pupil_id,Surname,DOB\nP-7000001,O\u2019Zanqually-Vrantz,03/05/12\n"
    (tmp_path / "pupils.csv").write_text(pupils, encoding="utf-8")
    known = secrets.of_inputs({"pupils": ["pupils.csv"]}, tmp_path)
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "page.html").write_text(f"<p>{said}, born 3 May 2012 or 03/05/12</p>", encoding="utf-8")
    kinds = {hit.kind.partition(" from ")[0] for hit in scan.scan(tmp_path / "out", known)}
    assert kinds == {"a name", "a date of birth"}
