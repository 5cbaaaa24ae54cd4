import pytest

from afa_eval import comparators as c
from afa_eval.errors import ComparatorError

HEADER = "slug,year,sen,phase,start_low,start_high,value,unit,sd,n,definition,source,release,licence,note\n"


def write(tmp_path, *rows, header=HEADER):
    path = tmp_path / "own.csv"
    path.write_text(header + "\n".join(rows) + "\n", encoding="utf-8-sig")
    return path


def test_a_norm_table_is_found_by_group_and_start(tmp_path):
    path = write(
        tmp_path,
        "norm-reading,202324,all,primary,70,84.9,3.1,points,4.2,800,norm-2019,Publisher manual,2019,,",
        "norm-reading,202324,all,primary,85,115,2.4,points,4.0,3000,norm-2019,Publisher manual,2019,,",
        "persistent-absence,2023/24,support,,,,0.295,proportion,,1000,pa-10-percent,EES 6_absence,2025-03,OGL,",
    )
    found = c.read(path)
    assert len(found) == 3
    low = found.find("norm-reading", year="202324", phase="primary", start=80)
    assert (low.value, low.sd, low.n, low.unit) == (3.1, 4.2, 800, "points")
    assert "start 70 to 84.9" in low.population
    rate = found.find("persistent-absence", year="202324", sen="support")
    assert rate.value == 0.295
    assert rate.population == "SEN support, England"
    assert rate.sd is None


def test_what_the_file_does_not_hold_is_refused_with_what_it_does(tmp_path):
    found = c.read(write(tmp_path, "x,202324,any,,,,1,points,,,d,s,,,"))
    with pytest.raises(ComparatorError, match="any SEN"):
        found.find("x", year="202324", sen="none")
    with pytest.raises(ComparatorError, match="202324"):
        found.find("x", year="202425", sen="any")
    with pytest.raises(ComparatorError, match="no year"):
        found.find("y", year="202425", sen="any")


def test_two_rows_that_fit_are_not_guessed_between(tmp_path):
    found = c.read(write(tmp_path, "x,202324,any,,,,1,points,,,d1,s,,,", "x,202324,any,,,,2,points,,,d2,s,,,"))
    with pytest.raises(ComparatorError, match="rows 2, 3"):
        found.find("x", year="202324", sen="any")
    assert found.find("x", year="202324", sen="any", definition="d2").value == 2


@pytest.mark.parametrize(
    ("row", "column", "says"),
    [
        (
            "persistent-absence,202324,any,,,,45,proportion,,,pa-10-percent,s,,,",
            "value",
            "Write 0.45 if it is 45 per cent",
        ),
        ("persistent-absence,202324,any,,,,45,%,,,pa-10-percent,s,,,", "unit", "the value as 0.45"),
        ("persistent-absence,202324,any,,,,45%,proportion,,,pa-10-percent,s,,,", "value", "0.45 as a proportion"),
        ("persistent-absence,202324,any,,,,45,points,,,pa-10-percent,s,,,", "unit", "is in proportion"),
        ("x,2023,any,,,,1,points,,,d,s,,,", "year", "one year"),
        ("x,202324,sen,,,,1,points,,,d,s,,,", "sen", "all, none, any, support, ehcp"),
        ("x,202324,any,,,,,points,,,d,s,,,", "value", "no value"),
        ("x,202324,any,,,,abc,points,,,d,s,,,", "value", "no number"),
        ("x,202324,any,,,,nan,points,,,d,s,,,", "value", "no number"),
        ("x,202324,any,,,,1,points,,,,s,,,", "definition", "empty"),
        ("x,202324,any,,,,1,points,,,d,,,,", "source", "empty"),
        ("x,202324,any,,,,1,points,-2,,d,s,,,", "sd", "above 0"),
        ("x,202324,any,,,,1,points,,12.5,d,s,,,", "n", "whole number"),
        ("x,202324,any,,90,80,1,points,,,d,s,,,", "start_low", "above start_high"),
    ],
)
def test_each_fault_is_named_by_row_and_column(tmp_path, row, column, says):
    found, faults = c.check_file(write(tmp_path, "x,202223,any,,,,1,points,,,d,s,,,", row))
    assert len(found) == 1
    assert [(fault.row, fault.column) for fault in faults] == [(3, column)]
    assert says in f"{faults[0].message} {faults[0].fix}"


def test_all_faults_come_at_once(tmp_path):
    path = write(
        tmp_path, "persistent-absence,2023,any,,,,45,proportion,,,,s,,,", "x,202324,nobody,,,,x,points,,,d,s,,,"
    )
    with pytest.raises(ComparatorError) as error:
        c.read(path)
    for part in ("row 2, year", "row 2, value", "row 2, definition", "row 3, sen", "row 3, value"):
        assert part in str(error.value)


def test_counts_must_agree_with_the_value(tmp_path):
    header = "slug,year,value,unit,definition,source,numerator,n\n"
    good = write(tmp_path, "x,202324,0.25,proportion,d,s,25,100", header=header)
    assert c.read(good).rows[0].comparator.numerator == 25
    _, faults = c.check_file(write(tmp_path, "x,202324,0.25,proportion,d,s,40,100", header=header))
    assert "0.4000" in faults[0].message
    _, faults = c.check_file(write(tmp_path, "x,202324,0.25,proportion,d,s,40,", header=header))
    assert faults[0].column == "n"


def test_one_figure_twice_and_two_units_are_faults(tmp_path):
    row = "x,202324,any,,,,1,points,,,d,s,,,"
    _, faults = c.check_file(write(tmp_path, row, row, "x,202223,any,,,,1,marks,,,d,s,,,"))
    assert [(fault.row, fault.column) for fault in faults] == [(3, "slug"), (4, "unit")]


def test_a_file_without_its_columns_or_rows_is_refused(tmp_path):
    _, faults = c.check_file(write(tmp_path, "a,b", header="slug,years\n"))
    assert {fault.column for fault in faults} == {"year", "value", "unit", "definition", "source"}
    assert "Rename 'years' to 'year'." in [fault.fix for fault in faults]
    _, faults = c.check_file(write(tmp_path))
    assert faults
    with pytest.raises(ComparatorError, match="no comparator file"):
        c.read(tmp_path / "none.csv")


SHORT = "slug,year,value,unit,definition,source"


@pytest.mark.parametrize(
    ("column", "cell", "says"),
    [
        ("senn", "any", "The column 'senn' means nothing here. Rename it to 'sen'"),
        ("ethnicity", "White", "The column 'ethnicity' means nothing here. Leave it out"),
        ("source", "s", "is there 2 times"),
        ("area", "Gatehead", "There is no area 'Gatehead'. Did you mean Gateshead?"),
        ("area", "neighbours of Gatehead", "Nearest: Gateshead"),
        ("year_group", "99", "'99' is no year group"),
        ("low", "0.2", "no high one"),
    ],
)
def test_what_would_pass_unseen_is_refused(tmp_path, column, cell, says):
    path = write(
        tmp_path, f"persistent-absence,202324,0.3,proportion,pa-10-percent,s,{cell}", header=f"{SHORT},{column}\n"
    )
    found, faults = c.check_file(path)
    assert not len(found)
    assert says in " ".join(f"{fault.message} {fault.fix}" for fault in faults)


@pytest.mark.parametrize(
    ("row", "says"),
    [
        ("persistant-absence,202324,0.3,proportion,pa-10-percent,s", "Write persistent-absence, or a name of your own"),
        ("persistent-absence,202324,0.3,proportion,pa-10-percnt,s", "Write pa-10-percent, or a name of your own"),
        ("persistent-absence,202324,0.3,proportion,pa-10-percent,mine, all mine", "more cells than the header"),
        ("persistent-absence,202324,c,proportion,pa-10-percent,s", "leave the row out"),
    ],
)
def test_a_mistyped_name_is_not_taken_for_the_users_own(tmp_path, row, says):
    found, faults = c.check_file(write(tmp_path, row, header=f"{SHORT}\n"))
    assert not len(found)
    assert says in f"{faults[0].message} {faults[0].fix}"
    assert len(c.read(write(tmp_path, "reading-norm,202324,100,points,norm-2019,s", header=f"{SHORT}\n"))) == 1


def test_an_interval_lies_about_its_value_and_a_need_is_sen(tmp_path):
    rows = (
        "x,202324,0.3,proportion,d,s,0.5,0.2,,",
        "y,202324,0.3,proportion,d,s,0.5,0.6,,",
        "z,202324,0.3,proportion,d,s,0.2,0.4,none,ASD",
    )
    _, faults = c.check_file(write(tmp_path, *rows, header=f"{SHORT},low,high,sen,need\n"))
    assert [(fault.row, fault.column) for fault in faults] == [(2, "low"), (3, "value"), (4, "sen")]


@pytest.mark.parametrize(("sign", "says"), [(";", "semicolons"), ("\t", "tabs")])
def test_a_file_with_other_signs_between_its_columns_is_told_so(tmp_path, sign, says):
    path = write(tmp_path, header=f"{SHORT.replace(',', sign)}\n")
    with pytest.raises(ComparatorError, match=f"separated by {says}: save it with commas"):
        c.read(path)


def test_a_column_by_another_name_is_known_for_what_it_means(tmp_path):
    file = tmp_path / "own.csv"
    file.write_text("measure,year,value,unit,denominator,definition,source\nown,202324,0.3,proportion,10,d,s\n")
    _, faults = c.check_file(file)
    assert [(fault.column, fault.fix) for fault in faults] == [
        ("slug", "Rename 'measure' to 'slug'."),
        ("denominator", "Rename it to 'n', or leave it out."),
    ]


def test_hundreds_of_faults_are_not_all_told_in_one_message(tmp_path):
    file = tmp_path / "own.csv"
    file.write_text("slug,year,value,unit,definition,source\n" + "own,202324,x,proportion,d,s\n" * 300)
    with pytest.raises(ComparatorError) as told:
        c.read(file)
    assert len(str(told.value).splitlines()) == 22
    assert str(told.value).endswith("and 280 more.")
    assert len(c.check_file(file)[1]) == 300
