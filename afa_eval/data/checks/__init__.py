"""Every rule that data are checked against, in ordered stages: one file a rule."""

from __future__ import annotations

from afa_eval.data.checks.base import STAGES, Check, Faulted, faults_of
from afa_eval.data.checks.code_ethnicity import ethnicities_are_census_codes
from afa_eval.data.checks.code_mark import marks_are_attendance_codes
from afa_eval.data.checks.code_need import need_codes_are_known
from afa_eval.data.checks.code_sen import sen_codes_are_known
from afa_eval.data.checks.code_word import words_are_known
from afa_eval.data.checks.code_year import years_are_academic_years
from afa_eval.data.checks.code_year_group import year_groups_are_known
from afa_eval.data.checks.column_missing import needed_columns_are_there
from afa_eval.data.checks.column_twice import columns_stand_in_one_table
from afa_eval.data.checks.file_empty import file_is_not_empty
from afa_eval.data.checks.file_encoding import encoding_is_one
from afa_eval.data.checks.file_kind import file_is_a_table
from afa_eval.data.checks.file_missing import file_is_there
from afa_eval.data.checks.file_place import file_is_within_the_folder
from afa_eval.data.checks.file_quotes import quotes_are_closed
from afa_eval.data.checks.file_sheet import sheet_is_there
from afa_eval.data.checks.file_sheets import sheet_is_named
from afa_eval.data.checks.file_size import file_can_be_held
from afa_eval.data.checks.header_ambiguous import headers_mean_one_thing
from afa_eval.data.checks.header_blank import columns_have_headers
from afa_eval.data.checks.header_repeated import headers_stand_once
from afa_eval.data.checks.header_row import headers_are_in_row_1
from afa_eval.data.checks.header_unmapped import named_headers_are_there
from afa_eval.data.checks.id_blank import rows_say_what_they_are_about
from afa_eval.data.checks.link_former import former_upns_lead_to_one_pupil
from afa_eval.data.checks.link_pupils import pupils_are_listed
from afa_eval.data.checks.link_schools import schools_are_listed
from afa_eval.data.checks.link_years import years_are_covered
from afa_eval.data.checks.mark_twice import marks_stand_once
from afa_eval.data.checks.no_baseline import pupils_have_a_baseline
from afa_eval.data.checks.one_school import schools_are_several
from afa_eval.data.checks.row_length import rows_fit_the_headers
from afa_eval.data.checks.row_repeated import rows_stand_once
from afa_eval.data.checks.row_shifted import names_have_no_commas
from afa_eval.data.checks.table_missing import needed_tables_are_there
from afa_eval.data.checks.unusual_id import identifiers_look_alike
from afa_eval.data.checks.unusual_level import levels_have_points
from afa_eval.data.checks.unusual_mark import marks_count_as_is_settled
from afa_eval.data.checks.unusual_outcome import outcome_codes_were_in_use
from afa_eval.data.checks.unusual_sessions import sessions_fit_a_year
from afa_eval.data.checks.unusual_upn import upns_have_their_check_letter
from afa_eval.data.checks.unusual_urn import schools_are_named_by_urn
from afa_eval.data.checks.value_answer import answers_are_among_the_levels
from afa_eval.data.checks.value_constant import outcomes_vary
from afa_eval.data.checks.value_day import marks_have_a_day_and_a_session
from afa_eval.data.checks.value_digits import identifiers_keep_their_digits
from afa_eval.data.checks.value_formula import formulas_have_values
from afa_eval.data.checks.value_number import numbers_are_numbers
from afa_eval.data.checks.value_order import answers_have_an_order
from afa_eval.data.checks.value_repaired import identifiers_have_no_decimals
from afa_eval.data.checks.value_scale import scores_lie_on_their_scale
from afa_eval.data.checks.value_sessions import sessions_add_up
from afa_eval.data.handed import Handed
from afa_eval.data.raw import many_small_lists
from afa_eval.estimate.records import Fault

CHECKS: tuple[Check, ...] = (
    file_is_there,
    file_is_not_empty,
    file_is_a_table,
    file_can_be_held,
    sheet_is_there,
    sheet_is_named,
    quotes_are_closed,
    encoding_is_one,
    file_is_within_the_folder,
    headers_are_in_row_1,
    columns_have_headers,
    headers_stand_once,
    headers_mean_one_thing,
    named_headers_are_there,
    rows_fit_the_headers,
    needed_tables_are_there,
    needed_columns_are_there,
    columns_stand_in_one_table,
    rows_say_what_they_are_about,
    rows_stand_once,
    marks_stand_once,
    names_have_no_commas,
    sen_codes_are_known,
    need_codes_are_known,
    years_are_academic_years,
    year_groups_are_known,
    words_are_known,
    marks_are_attendance_codes,
    ethnicities_are_census_codes,
    numbers_are_numbers,
    formulas_have_values,
    identifiers_keep_their_digits,
    identifiers_have_no_decimals,
    scores_lie_on_their_scale,
    sessions_add_up,
    outcomes_vary,
    marks_have_a_day_and_a_session,
    answers_are_among_the_levels,
    answers_have_an_order,
    pupils_are_listed,
    schools_are_listed,
    years_are_covered,
    former_upns_lead_to_one_pupil,
    pupils_have_a_baseline,
    schools_are_several,
    identifiers_look_alike,
    schools_are_named_by_urn,
    sessions_fit_a_year,
    upns_have_their_check_letter,
    outcome_codes_were_in_use,
    levels_have_points,
    marks_count_as_is_settled,
)


@many_small_lists()
def run_checks(handed: Handed) -> tuple[Fault, ...]:
    """What is wrong with what was handed in?

    Parameters
    ----------
    handed : Handed
        All files of all tables.

    Returns
    -------
    tuple of Fault
        Of all stages: a later stage passes over the cells that an earlier one has faulted.
    """
    faulted = Faulted(handed)
    faults: list[Fault] = []
    for stage in STAGES:
        found = [(check, problem) for check in CHECKS if check.stage == stage for problem in check.find(handed)]
        for check, problem in found:
            free = None if problem.where is None else faulted.free(problem)
            faults += faults_of(check, problem, handed, free)
        for _, problem in found:
            faulted.add(problem)
    return tuple(faults)
