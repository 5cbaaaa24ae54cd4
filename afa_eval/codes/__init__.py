"""Dated code sets, academic years and definitions: data files with a source, read when used.

``years`` academic years; ``sen`` SEN provision; ``needs`` primary need; ``absence`` persistent
absence by the definition of its year; ``no_score`` why a pupil has no score; ``months`` months of
progress; ``attendance`` marks of the register; ``ethnicity``; ``languages`` and EAL; ``levels``
national curriculum levels and nominal scores; ``year_groups``; ``upn``.
"""
