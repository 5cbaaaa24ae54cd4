"""The client against a local service that behaves as the real one is documented."""

import gzip
import json
import math

import pytest

from afa_eval.comparators.service import Service
from afa_eval.errors import ComparatorError

PUBLICATION = "9676af6b-d563-41f4-d071-08da8f468680"
DATA_SET = "b3e19901-5d2b-b676-bb4c-e60937d74725"
OLD_DATA_SET = "63629501-d3ca-c471-9780-ec4cb6fdf172"
FILE = "e2eb493a-dc95-41f4-96ef-b886c5cd2019"
QUERY = f"/statistics/v1/data-sets/{DATA_SET}/query"


def test_publications_and_data_sets_come_page_after_page(service, fake):
    assert len(list(service.publications("absence"))) == 95
    assert fake.asked["/statistics/v1/publications"] == 3
    assert service.publication(PUBLICATION).title == "Pupil attendance in schools"
    assert [item.id for item in service.data_sets(PUBLICATION)] == [DATA_SET, OLD_DATA_SET]
    found = service.data_set(DATA_SET)
    assert (found.status, found.latest.version, found.latest.file) == ("Published", "2.1", "9e761bdf")
    assert found.latest.periods == ("2009/10", "2024/25")
    with pytest.raises(ComparatorError, match="three letters"):
        list(service.publications("ab"))


def test_both_generations_of_the_schema_read_alike(service):
    new, old = service.meta(DATA_SET), service.meta(OLD_DATA_SET)
    assert new.filters == old.filters
    assert new.indicators == old.indicators
    assert new.locations == old.locations
    assert new.periods == old.periods
    assert [code for code, _ in new.levels] == [code for code, _ in old.levels] == ["NAT", "LA"]
    assert new.filters[0].column == "sen_provision"
    assert new.locations[1].label == "Gateshead"
    assert new.periods[0].period == "2022/2023"


def test_a_query_gives_every_page_and_keeps_the_symbols(service, fake):
    criteria = {"and": [{"geographicLevels": {"eq": "NAT"}}, {"filters": {"eq": "uKR2K"}}]}
    found = list(service.query(DATA_SET, criteria, indicators=["04nTr"], page_size=1000))
    assert len(found) == 2_450
    assert [body["page"] for body in fake.bodies] == [1, 2, 3]  # in the body, not in the address
    assert all(body["criteria"] == criteria and body["pageSize"] == 1000 for body in fake.bodies)
    cells = [item.values["04nTr"] for item in found[:7]]
    assert [cell.symbol for cell in cells] == ["", "c", "x", "z", "low", "k", "u"]
    assert cells[0].value == 46.1
    assert all(math.isnan(cell.value) for cell in cells[1:])
    assert found[0].period == "2022/2023"
    assert found[0].locations == {"NAT": "2FmYX"}


def test_a_wrong_id_is_named_with_what_is_allowed(service):
    with pytest.raises(ComparatorError) as error:
        list(service.query(DATA_SET, indicators=["nope"]))
    for part in ("answered 400", "indicators could not be found", "$.indicators", "nope", "allowed: 04nTr"):
        assert part in str(error.value)
    with pytest.raises(ComparatorError, match="answered 404"):
        service.data_set("00000000-0000-0000-0000-000000000000")
    with pytest.raises(ComparatorError, match="answered 404"):
        service.publication("nobody")


@pytest.mark.parametrize(("size", "indicators"), [(0, 1), (10_001, 1), (1000, 41)])
def test_what_the_service_would_refuse_is_not_asked(service, fake, size, indicators):
    with pytest.raises(ComparatorError):
        list(service.query(DATA_SET, page_size=size, indicators=["a"] * indicators))
    assert not fake.bodies


def test_pages_that_do_not_add_up_are_refused(service, fake):
    fake.drop_rows = True
    with pytest.raises(ComparatorError, match="promised 2450 rows"):
        list(service.query(DATA_SET))


def test_answers_come_compressed(service, fake):
    service.csv(DATA_SET)
    assert all("gzip" in said for said in fake.encodings)
    fake.raw[f"/statistics/v1/data-sets/{OLD_DATA_SET}/csv"] = (200, {"Content-Encoding": "gzip"}, b"not gzip")
    with pytest.raises(ComparatorError, match="cannot be decompressed"):
        service.csv(OLD_DATA_SET)


def test_a_busy_service_is_asked_again_later_each_time_later(service, fake, waits):
    fake.busy = [(429, {"Retry-After": "3"}), (503, {}), (500, {}), (504, {})]
    assert service.data_set(DATA_SET).id == DATA_SET
    assert waits[0] == 3
    assert waits[1] < waits[2] < waits[3]
    assert all(0 < wait <= 30 for wait in waits)


def test_it_gives_up_in_the_end_and_says_so(service, fake, waits):
    fake.busy = [(429, {"Retry-After": "9999"})] * 9
    with pytest.raises(ComparatorError, match=r"after 5 tries \(status 429\)"):
        service.data_set(DATA_SET)
    assert len(waits) == 4
    assert max(waits) == 30


def test_a_service_that_does_not_answer_is_given_up(server, fake, tmp_path, waits):
    fake.slow = 0.5
    with (
        Service(f"{server}/statistics/v1", server, folder=tmp_path / "a", wait=waits.append, timeout=0.05) as service,
        pytest.raises(ComparatorError, match="ReadTimeout"),
    ):
        service.data_set(DATA_SET)
    with (
        Service("http://127.0.0.1:9/v1", "http://127.0.0.1:9", folder=tmp_path / "b", wait=waits.append) as nobody,
        pytest.raises(ComparatorError, match="ConnectError"),
    ):
        nobody.data_set(DATA_SET)


def test_broken_json_is_refused_and_not_kept(service, fake):
    path = f"/statistics/v1/data-sets/{DATA_SET}"
    fake.raw[path] = (200, {}, b'{"id": "b3e1')
    with pytest.raises(ComparatorError, match="did not answer in JSON"):
        service.data_set(DATA_SET)
    fake.raw[path] = (200, {}, b'{"something": "else"}')
    with pytest.raises(ComparatorError, match="schema is not known"):
        service.data_set(DATA_SET)
    fake.raw.clear()
    with pytest.raises(ComparatorError, match="schema is not known"):
        service.data_set(DATA_SET)  # it was whole JSON, so it was kept
    service.refresh = True
    assert service.data_set(DATA_SET).id == DATA_SET


def test_a_page_of_the_website_is_no_csv(service, fake):
    fake.raw[f"/data-catalogue/data-set/{FILE}/csv"] = (200, {}, b"<!doctype html><title>Sorry, a, b</title>")
    with pytest.raises(ComparatorError, match="did not answer with a CSV"):
        service.file(FILE)


def test_a_redirect_elsewhere_is_refused_and_one_at_home_followed(service, fake, server):
    path = f"/data-catalogue/data-set/{FILE}/csv"
    fake.raw[path] = (302, {"Location": "https://example.org/stolen.csv"}, b"")
    with pytest.raises(ComparatorError, match=r"points elsewhere, to example.org: refused"):
        service.file(FILE)
    fake.raw[path] = (301, {"Location": "/data-catalogue/data-set/other/csv"}, b"")
    fake.files["other"] = "a,b\n1,2\n"
    assert service.file(FILE).body == b"a,b\n1,2\n"
    fake.raw["/data-catalogue/data-set/loop/csv"] = (302, {"Location": "/data-catalogue/data-set/loop/csv"}, b"")
    with pytest.raises(ComparatorError, match="too many redirects"):
        service.file("loop")


def test_an_answer_is_kept_with_its_release_and_hash(service, fake, server, tmp_path):
    first = service.csv(DATA_SET, "2.1")
    assert service.csv(DATA_SET, "2.1") == first
    assert fake.asked[f"/statistics/v1/data-sets/{DATA_SET}/csv"] == 1
    said = [json.loads(path.read_text()) for path in (tmp_path / "answers").glob("*.json")]
    assert [item["release"] for item in said] == [f"{DATA_SET} 2.1"]
    assert said[0]["sha256"] == first.sha256
    assert len(first.sha256) == 64
    with Service(f"{server}/statistics/v1", server, folder=tmp_path / "answers", offline=True) as offline:
        assert offline.csv(DATA_SET, "2.1").body == first.body
        with pytest.raises(ComparatorError, match="offline nobody is asked"):
            offline.csv(DATA_SET, "1.0")
    assert fake.asked[f"/statistics/v1/data-sets/{DATA_SET}/csv"] == 1


def test_a_kept_answer_that_was_changed_is_refused(service, tmp_path):
    service.csv(DATA_SET)
    body = next((tmp_path / "answers").glob("*.body"))
    body.write_bytes(body.read_bytes() + b" ")
    with pytest.raises(ComparatorError, match="was changed on disk"):
        service.csv(DATA_SET)


def test_versions_and_their_changes(service):
    assert [item.version for item in service.versions(DATA_SET)] == ["2.1", "1.0"]
    assert set(service.changes(DATA_SET, "2.1")) == {"majorChanges", "minorChanges"}


def test_uncompressed_answers_are_fine_too(service, fake):
    fake.raw[f"/statistics/v1/data-sets/{DATA_SET}"] = (200, {}, json.dumps(fake.data_set(DATA_SET)).encode())
    assert service.data_set(DATA_SET).title == "Key stage 4"
    packed = gzip.compress(json.dumps(fake.data_set(DATA_SET)).encode())
    fake.raw[f"/statistics/v1/data-sets/{DATA_SET}"] = (200, {"Content-Encoding": "gzip"}, packed)
    service.refresh = True
    assert service.data_set(DATA_SET).title == "Key stage 4"


def test_a_page_that_was_not_asked_for_and_an_answer_without_end_are_refused(service, fake, monkeypatch):
    pages = fake.pages
    monkeypatch.setattr(fake, "pages", lambda items, page, size, total=None: pages(items, 1, size, total))
    with pytest.raises(ComparatorError, match="asked for page 2 and sent 1"):
        list(service.query(DATA_SET))
    monkeypatch.setattr("afa_eval.comparators.service.http.MOST_BYTES", 50)
    with pytest.raises(ComparatorError, match="sent more than 50 bytes"):
        service.csv(DATA_SET)
