"""A data file of the statistics service with its meta file as a user's own comparator; small files whose series break."""

import csv
from pathlib import Path

import pytest

from afa_eval import comparators as c
from afa_eval.errors import ComparatorError

HEADER = (
    "time_period,time_identifier,geographic_level,country_code,country_name,region_code,region_name,school_type,"
    "sen_provision,enrolments,enrolments_pa_10_exact,enrolments_pa_10_exact_percent"
)
ROWS = (
    "202324,Academic year,National,E92000001,England,,,Total,Total,1000,200,20.0",
    "202324,Academic year,National,E92000001,England,,,Total,SEN support,300,102,34.0",
    "202324,Academic year,National,E92000001,England,,,Total,EHC plan,100,37,37.0",
    "202324,Academic year,National,E92000001,England,,,Total,Unknown SEN provision,5,1,20.0",
    "202324,Academic year,Regional,E92000001,England,E12000001,North East,Total,SEN support,50,x,x",
    "202425,Academic year,National,E92000001,England,,,Total,SEN support,310,100,32.3",
)
META = (
    "col_name,col_type,label,indicator_grouping,indicator_unit,indicator_dp,filter_hint,filter_grouping_column\n"
    "enrolments,Indicator,Enrolments,,,0,,\n"
    "enrolments_pa_10_exact,Indicator,Persistent absentees,,,0,,\n"
    "enrolments_pa_10_exact_percent,Indicator,Persistent absence,,{unit},1,,\n"
    "school_type,Filter,School type,,,,,\n"
    "sen_provision,Filter,SEN provision,,,,,\n"
)


def write(folder, *rows, header=HEADER, unit="%"):
    path = folder / "absence.csv"
    path.write_text(header + "\n" + "\n".join(rows) + "\n", encoding="utf-8-sig")
    if unit is not None:
        (folder / "absence.meta.csv").write_text(META.format(unit=unit), encoding="utf-8")
    return path


def test_a_file_with_its_meta_file_becomes_figures(tmp_path):
    found = c.read(write(tmp_path, *ROWS))
    support = found.find("persistent-absence", year="202324", sen="support")
    assert (support.value, support.numerator, support.n, support.unit) == (0.34, 102, 300, "proportion")
    assert support.definition == "pa-10-percent"
    assert "absence.csv" in support.source
    any_sen = found.find("persistent-absence", year="202324", sen="any")
    assert (any_sen.numerator, any_sen.n) == (139, 400)
    assert "added up" in any_sen.note or any_sen.value == 139 / 400
    with pytest.raises(ComparatorError, match="has no persistent-absence"):
        found.find("persistent-absence", year="202324", sen="support", area="North East")  # suppressed


@pytest.mark.parametrize(
    ("old", "new", "row", "says"),
    [
        ("300,102,34.0", "300,102,0.34", 3, "given as a fraction"),
        ("300,102,34.0", "300,102,340", 3, "is printed 340"),
        ("300,102,34.0", ",102,34.0", 3, "numerator and no denominator"),
        ("300,102,34.0", "300,102,39.0", 3, "is 34"),
        ("202425,Academic year", "202425,Autumn term", 7, "mixes two definitions"),
        ("Total,EHC plan,100", "Total,SEN support,100", 4, "stands here again"),
    ],
)
def test_a_wrong_cell_is_refused_with_its_row(tmp_path, old, new, row, says):
    path = write(tmp_path, *(line.replace(old, new) for line in ROWS))
    _, faults = c.check_file(path)
    assert [fault.row for fault in faults] == [row]
    assert says in f"{faults[0].message} {faults[0].fix}"
    with pytest.raises(ComparatorError, match=f"row {row}, "):
        c.read(path)


def test_a_changed_unit_in_the_meta_file_is_refused(tmp_path):
    _, faults = c.check_file(write(tmp_path, *ROWS, unit="pp"))
    assert "the unit changed" in faults[0].message


def test_without_counts_the_meta_file_must_prove_the_unit(tmp_path):
    header = HEADER.replace(",enrolments,enrolments_pa_10_exact,", ",")
    rows = [",".join(line.split(",")[:9] + line.split(",")[11:]) for line in ROWS]
    _, faults = c.check_file(write(tmp_path, *rows, header=header, unit=None))
    assert "no counts and no meta file" in faults[0].message
    found = c.read(write(tmp_path, *rows, header=header))
    assert found.find("persistent-absence", year="202324", sen="support").value == 0.34


def test_a_file_about_nothing_known_is_refused(tmp_path):
    _, faults = c.check_file(write(tmp_path, ROWS[0], header=HEADER.replace("enrolments_pa_10_exact_percent", "other")))
    assert "No indicator" in faults[0].message
    (tmp_path / "absence.meta.csv").write_text("a,b\n")
    with pytest.raises(ComparatorError, match="no meta file"):
        c.read(write(tmp_path, *ROWS, unit=None))


@pytest.mark.parametrize("name", ["ethnicity_minor", "version_of_school"])
def test_rows_about_a_part_of_another_filter_are_left_out(tmp_path, name):
    header = HEADER.replace("sen_provision", f"sen_provision,{name}")
    rows = [line.replace(",Total,SEN support,", ",Total,SEN support,Total,").replace(",Total,Total,", ",Total,Total,Total,")
            for line in ROWS if "EHC" not in line and "Unknown" not in line]  # fmt: skip
    rows.append("202324,Academic year,National,E92000001,England,,,Total,SEN support,White,90,9,10.0")
    found = c.read(write(tmp_path, *rows, header=header, unit=None))
    assert found.find("persistent-absence", year="202324", sen="support").n == 300


def test_the_real_file_of_2017_reads_as_the_store_does(tmp_path, shared):
    path = tmp_path / "absence.csv"
    path.write_bytes((shared / "national" / "absence_natcharacteristics_201213_201617.csv").read_bytes())
    found = c.read(path)
    for year in ("201314", "201617"):
        for group in ("all", "none", "any", "support", "ehcp"):
            for phase in ("all", "primary", "special"):
                for slug in ("persistent-absence", "overall-absence"):
                    own = found.find(slug, year=year, sen=group, phase=phase)
                    bundled = c.find(slug, year=year, sen=group, phase=phase, source="absence-characteristics")
                    assert own.value == pytest.approx(bundled.value, rel=1e-12)
    assert (
        found.find("persistent-absence", year="201617", need="ASD").n
        == c.find("persistent-absence", year="201617", need="ASD").n
    )


def test_the_services_own_test_data_contradict_themselves_and_are_refused(shared):
    # synthetic values: 36,349 of 8,380,405 is not 10.0359 per cent
    _, faults = c.check_file(shared / "ees" / "AbsenceSchool_source.csv")
    assert faults
    assert {fault.column for fault in faults} == {"sess_unauthorised_percent"}


SMALL = "slug,year,sen,value,unit,definition,source\n"


@pytest.mark.parametrize(
    ("rows", "row", "says"),
    [
        (("x,202223,any,0.31,proportion,d,s", "x,202324,any,0.0031,proportion,d,s"), 3, "the unit changed"),
        (("x,202324,any,0.31,proportion,d,s", "x,202223,any,0.003,proportion,d,s"), 2, "the unit changed"),
        (("x,202223,any,0.31,proportion,d,s", "x,202324,any,0.30,proportion,e,s"), 3, "mixes two definitions"),
        (("x,202223,any,31,%,d,s",), 2, "not per cent"),
        (("x,202223,any,31,proportion,d,s",), 2, "31 is no proportion"),
    ],
)
def test_small_files_whose_unit_or_definition_changes_are_refused(tmp_path, rows, row, says):
    path = tmp_path / "own.csv"
    path.write_text(SMALL + "\n".join(rows) + "\n")
    _, faults = c.check_file(path)
    assert [fault.row for fault in faults] == [row]
    assert says in faults[0].message


def test_two_whole_series_by_two_definitions_are_fine(tmp_path):
    path = tmp_path / "own.csv"
    rows = [f"x,{year},any,0.3,proportion,{definition},s" for year in ("202223", "202324") for definition in "de"]
    path.write_text(SMALL + "\n".join(rows) + "\n")
    assert len(c.read(path)) == 4


def test_a_file_that_is_no_text_is_refused(tmp_path):
    path = tmp_path / "own.csv"
    path.write_bytes(b"\xff\xfe\x00\x01")
    with pytest.raises(ComparatorError, match="CSV UTF-8"):
        c.read(path)


KS2 = (
    "time_period,time_identifier,geographic_level,country_code,country_name,version,subject,breakdown_topic,breakdown,"
    "fsm_status,eligible_pupil_count,expected_standard_pupil_count,expected_standard_pupil_percent,"
    "progress_measure_eligible_pupil_count,progress_measure_total_score,progress_measure_score,"
    "progress_measure_lower_conf_interval,progress_measure_upper_conf_interval"
)
ENGLAND = "202223,Academic year,National,E92000001,England"
SUPPORT = "SEN provision,SEN support / SEN without an EHC plan,Total"


def test_a_file_with_one_row_for_each_subject_is_read_by_subject(tmp_path):
    rows = (
        f'{ENGLAND},Final,"Reading, writing and maths",Total,Total,Total,1000,600,60,z,z,z,z,z',
        f'{ENGLAND},Final,"Reading, writing and maths",{SUPPORT},200,48,24,z,z,z,z,z',
        f'{ENGLAND},Final,"Reading, writing and maths",SEN provision,Total,Total,1000,600,60,z,z,z,z,z',
        f"{ENGLAND},Final,Reading,{SUPPORT},200,74,37,180,-108,-0.6,-0.7,-0.5",
        f"{ENGLAND},Provisional,Reading,{SUPPORT},200,72,36,180,-126,-0.7,-0.8,-0.6",
        f"{ENGLAND},Final,Maths,{SUPPORT},200,78,39,182,-182,-1.0,-1.1,-0.9",
        f"{ENGLAND},Final,Science,{SUPPORT},200,80,40,z,z,z,z,z",
    )
    (tmp_path / "ks2.csv").write_text(KS2 + "\n" + "\n".join(rows) + "\n")
    found = c.read(tmp_path / "ks2.csv")
    assert found.find("ks2-rwm-expected", year="202223", sen="support").value == 0.24
    assert found.find("ks2-reading-expected", year="202223", sen="support").value == 0.37
    reading = found.find("ks2-reading-progress", year="202223", sen="support")
    assert (reading.value, reading.n, reading.ci) == (-0.6, 180, (-0.7, -0.5))  # the final version, not the first
    assert found.find("ks2-maths-progress", year="202223", sen="support").value == -1.0
    assert len(found) == 6  # neither the total of one topic nor science


def test_indicators_have_the_names_of_the_services_own_dictionary(shared):
    here = Path(c.__file__).parent / "data" / "ees_indicators.csv"
    rows = list(csv.DictReader(here.open(encoding="utf-8")))
    listed = csv.DictReader((shared / "ees" / "ees_data_dictionary.csv").open(encoding="utf-8"))
    known = {row["col_name"] for row in listed}
    standard = [row for row in rows if row["slug"].startswith(("ks2-", "progress-8", "attainment-8", "mtc", "eyfs"))]
    for row in standard:
        if row["value"] == "pt_rwm_met_expected_standard":
            continue  # the SEND dashboard's own
        for name in ("value", "numerator", "denominator", "low", "high"):
            assert not row[name] or row[name].split("|")[0] in known, row[name]
    assert len(standard) > 8
