"""A statistics service on this computer that behaves as the real one is documented, and a place of its own for a user's figures."""

import contextlib
import csv
import gzip
import io
import json
import threading
from collections import Counter
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

import pytest

from afa_eval.comparators.service import Service
from afa_eval.comparators.service.fetching import forget

PUBLICATION = "9676af6b-d563-41f4-d071-08da8f468680"
DATA_SET = "b3e19901-5d2b-b676-bb4c-e60937d74725"
OLD_DATA_SET = "63629501-d3ca-c471-9780-ec4cb6fdf172"
WITHDRAWN = "22339901-6f3a-7272-8576-03b26377d4ee"
FILE = "e2eb493a-dc95-41f4-96ef-b886c5cd2019"
GROUPS = (
    ("Total", "Total"),
    ("SEN provision", "SEN support"),
    ("SEN provision", "Education, health and care plan"),
    ("SEN provision", "No SEN provision"),
    ("SEN primary need", "Autistic spectrum disorder"),
    ("Ethnicity major", "White"),
)
HEADER = [
    "time_period",
    "time_identifier",
    "geographic_level",
    "country_code",
    "country_name",
    "region_code",
    "region_name",
    "old_la_code",
    "new_la_code",
    "la_name",
    "education_phase",
    "breakdown_topic",
    "breakdown",
    "enrolments",
    "sess_possible",
    "sess_overall",
    "sess_overall_percent",
    "enrolments_pa_10_exact",
    "enrolments_pa_10_exact_percent",
]


def absence_rows(shift=0):
    """A small file laid out as the service's: consistent, with a suppressed cell."""
    rows = []
    for year in ("202223", "202324", "202425"):
        for place, level in (("England", "National"), ("North East", "Regional"), ("Gateshead", "Local authority")):
            for phase in ("Total", "State-funded secondary"):
                for number, (topic, group) in enumerate(GROUPS):
                    of = 40_000 + 1_000 * number
                    above = 7_000 + 1_100 * number + shift
                    hidden = place == "Gateshead" and group == "Autistic spectrum disorder"
                    counts = ("c", "c") if hidden else (above, f"{100 * above / of:.5f}")
                    missed, possible = 3 * above, 20 * of
                    rows.append(
                        [year, "Academic year", level, "E92000001", "England", "", "" if level == "National" else "North East",
                         "", "", place if level == "Local authority" else "", phase, topic, group, of, possible, missed,
                         f"{100 * missed / possible:.5f}", *counts]
                    )  # fmt: skip
    return rows


def absence_csv(rows=None, header=HEADER):
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(header)
    writer.writerows(absence_rows() if rows is None else rows)
    return out.getvalue()


META = {
    "filters": [
        {"id": "gIyO9", "column": "sen_provision", "label": "SEN provision", "hint": "",
         "options": [{"id": "uKR2K", "label": "SEN support"}, {"id": "qTajG", "label": "Total"}]}
    ],
    "indicators": [{"id": "04nTr", "column": "attainment8_average", "label": "Average Attainment 8", "unit": "", "decimalPlaces": 1}],
    "geographicLevels": [{"code": "NAT", "label": "National"}, {"code": "LA", "label": "Local authority"}],
    "locations": [
        {"level": {"code": "NAT", "label": "National"}, "options": [{"id": "2FmYX", "label": "England", "code": "E92000001"}]},
        {"level": {"code": "LA", "label": "Local authority"},
         "options": [{"id": "e0768", "label": "Gateshead", "code": "E08000037", "oldCode": "390"}]},
    ],
    "timePeriods": [{"code": "AY", "period": "2022/2023", "label": "2022/23"}],
}  # fmt: skip
OLD_META = {  # as the documents of 2024 have it
    "filters": [
        {"id": "gIyO9", "name": "sen_provision", "label": "SEN provision",
         "options": [{"id": "uKR2K", "label": "SEN support"}, {"id": "qTajG", "label": "Total", "isAggregate": True}]}
    ],
    "indicators": [{"id": "04nTr", "name": "attainment8_average", "label": "Average Attainment 8", "unit": "", "decimalPlaces": 1}],
    "geographicLevels": ["NAT", "LA"],
    "locations": [
        {"level": "NAT", "options": [{"id": "2FmYX", "name": "England", "code": "E92000001"}]},
        {"level": "LA", "options": [{"id": "e0768", "name": "Gateshead", "code": "E08000037", "oldCode": "390"}]},
    ],
    "timePeriods": [{"code": "AY", "period": "2022", "label": "2022/23"}],
}  # fmt: skip


class FakeService:
    """What the server answers; tests change its attributes."""

    def __init__(self):
        self.files = {FILE: absence_csv()}
        self.csv = absence_csv()
        self.status = "Published"
        self.unit = ""
        self.rows = 2_450
        self.drop_rows = False
        self.busy = []  # (status, headers) to answer first
        self.raw = {}  # path: (status, headers, bytes) instead of the usual
        self.slow = 0.0
        self.asked = Counter()
        self.bodies = []
        self.encodings = []

    def data_set(self, id_):
        return {
            "id": id_, "title": "Key stage 4", "summary": "", "status": self.status, "supersedingDataSetId": None,
            "latestVersion": {"version": "2.1", "published": "2025-10-21", "totalResults": self.rows,
                              "file": {"id": "9e761bdf"}, "timePeriods": {"start": "2009/10", "end": "2024/25"},
                              "geographicLevels": ["National"], "filters": ["SEN provision"],
                              "indicators": ["Average Attainment 8"]},
        }  # fmt: skip

    def results(self, page, size):
        start, end = (page - 1) * size, min(page * size, self.rows)
        symbols = ("46.1", "c", "x", "z", "low", "k", "u")
        rows = [
            {"timePeriod": {"code": "AY", "period": "2022/2023"}, "geographicLevel": "NAT",
             "locations": {"NAT": "2FmYX"}, "filters": {"gIyO9": "uKR2K"}, "values": {"04nTr": symbols[k % 7]}}
            for k in range(start, end)
        ]  # fmt: skip
        return rows[:-1] if self.drop_rows and page > 1 else rows

    def pages(self, items, page, size, total=None):
        total = len(items) if total is None else total
        return {"paging": {"page": page, "pageSize": size, "totalResults": total, "totalPages": -(-total // size)},
                "results": items}  # fmt: skip

    def wrong(self, status, message, path, items, allowed=()):
        detail = {"items": items} | ({"allowed": list(allowed)} if allowed else {})
        return status, {"title": "Bad Request", "type": "", "status": status,
                        "errors": [{"message": message, "code": "Invalid", "path": path, "detail": detail}]}  # fmt: skip

    def answer(self, method, path, asked, body):  # noqa: PLR0911 - one for each address
        """Status and JSON (or text) for one request."""
        page, size = int(asked.get("page", ["1"])[0]), int(asked.get("pageSize", ["20"])[0])
        parts = path.removeprefix("/statistics/v1/").split("/")
        if path.startswith("/data-catalogue/data-set/"):
            text = self.files.get(path.split("/")[3])
            return (200, text) if text is not None else (404, {"title": "Not Found", "status": 404})
        if parts[0] == "publications" and len(parts) == 1:
            every = [
                {"id": f"{k}", "title": f"Publication {k}", "slug": f"p{k}", "summary": "", "lastPublished": "2025"}
                for k in range(95)
            ]
            return 200, self.pages(every[(page - 1) * size : page * size], page, size, 95)
        if parts[0] == "publications" and parts[1] != PUBLICATION:
            return 404, {"title": "Not Found", "type": "", "status": 404}
        if parts[0] == "publications" and len(parts) == 3:
            return 200, self.pages([self.data_set(DATA_SET), self.data_set(OLD_DATA_SET)], 1, size)
        if parts[0] == "publications":
            return 200, {
                "id": PUBLICATION,
                "title": "Pupil attendance in schools",
                "slug": "a",
                "summary": "s",
                "lastPublished": "2025",
            }
        if parts[1] not in {DATA_SET, OLD_DATA_SET, WITHDRAWN}:
            return 404, {"title": "Not Found", "type": "", "status": 404}
        return self.about_data_set(parts, asked, body, page, size)

    def about_data_set(self, parts, asked, body, page, size):  # noqa: PLR0911
        old = parts[1] == OLD_DATA_SET
        if len(parts) == 2:
            return 200, {**self.data_set(parts[1]), "status": "Withdrawn" if parts[1] == WITHDRAWN else self.status}
        if parts[2] == "meta":
            said = OLD_META if old else META
            return 200, {**said, "indicators": [{**said["indicators"][0], "unit": self.unit}]}
        if parts[2] == "csv":
            return 200, self.csv
        if parts[2] == "versions" and len(parts) == 3:
            newest = {
                "version": "2.1",
                "published": "2025",
                "totalResults": 9,
                "timePeriods": {"start": "a", "end": "b"},
            }
            return 200, self.pages([newest, {"number": "1.0", "published": "2024", "totalResults": 3}], 1, size)
        if parts[2] == "versions":
            return 200, {"majorChanges": {}, "minorChanges": {"filters": []}}
        self.bodies.append(body)
        known = {indicator["id"] for indicator in META["indicators"]}
        unknown = [item for item in body.get("indicators", ()) if item not in known]
        if unknown:
            return self.wrong(400, "One or more indicators could not be found.", "$.indicators", unknown, sorted(known))
        return 200, self.pages(self.results(body["page"], body["pageSize"]), body["page"], body["pageSize"], self.rows)


class Handler(BaseHTTPRequestHandler):
    fake = None
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        self.reply("GET", {})

    def do_POST(self):
        self.reply("POST", json.loads(self.rfile.read(int(self.headers["Content-Length"]))))

    def reply(self, method, body):
        import time

        where = urlsplit(self.path)
        fake = self.fake
        fake.asked[where.path] += 1
        fake.encodings.append(self.headers.get("Accept-Encoding", ""))
        time.sleep(fake.slow)
        if fake.busy:
            status, headers = fake.busy.pop(0)
            return self.send(status, b'{"title":"Busy"}', headers)
        if where.path in fake.raw:
            status, headers, data = fake.raw[where.path]
            return self.send(status, data, headers)
        status, said = fake.answer(method, where.path, parse_qs(where.query), body)
        data = said.encode() if isinstance(said, str) else json.dumps(said).encode()
        kind = "text/csv" if isinstance(said, str) else "application/json"
        return self.send(status, gzip.compress(data), {"Content-Encoding": "gzip", "Content-Type": kind})

    def send(self, status, data, headers):
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(data)))
        with contextlib.suppress(BrokenPipeError):  # who asked has given up
            self.end_headers()
            self.wfile.write(data)

    def log_message(self, *_):
        pass


@pytest.fixture
def fake():
    return FakeService()


@pytest.fixture
def server(fake):
    handler = type("Bound", (Handler,), {"fake": fake})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as running:
        thread = threading.Thread(target=running.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{running.server_address[1]}"
        running.shutdown()


@pytest.fixture
def user_store(tmp_path, monkeypatch):
    """A user's own folder, empty at first; forgotten afterwards."""
    monkeypatch.setenv("AFA_EVAL_DATA", str(tmp_path / "user"))
    forget()
    yield tmp_path / "user" / "comparators"
    monkeypatch.setenv("AFA_EVAL_DATA", str(tmp_path / "nothing"))
    forget()


@pytest.fixture
def waits():
    return []


@pytest.fixture
def service(server, tmp_path, waits):
    with Service(f"{server}/statistics/v1", server, folder=tmp_path / "answers", wait=waits.append) as opened:
        yield opened
