"""What the process that makers of books are forked from has done before them."""

from importlib import import_module

from afa_eval.comparators import store
from afa_eval.report import apart, pages, sphinx_mend


def test_a_rehearsal_leaves_templates_compiled_and_nothing_open():
    before = store.connect.cache_info().currsize
    import_module(apart.DRAWN)
    import_module(apart.BUILT)
    names = {name.rpartition("/")[2] for _, _, name in map(_place, pages.COMPILED.known.values())}
    assert {"outcome.md", "summary.md", "trust.md"} <= names
    theme = {_place(code)[2] for kept in sphinx_mend.COMPILED.values() for code in kept.known.values()}
    assert any(name.endswith("layout.html") for name in theme)  # it was built to the end of a page
    assert store.connect.cache_info().currsize == before  # a connection must not be shared by those forked from here


def _place(code):
    return code.co_name, code.co_firstlineno, code.co_filename
