"""Style sheets moved into the elements of HTML, for readers that pass over sheets."""

from __future__ import annotations

import re
from collections import Counter
from importlib import import_module
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable

_TAG: Final = re.compile(r"<(/?)([a-z][a-z0-9]*)", re.IGNORECASE)
_FOREIGN: Final = re.compile(r"<(?:svg|math)\b", re.IGNORECASE)
_VOID: Final = frozenset({"area", "base", "br", "col", "hr", "img", "input", "link", "meta", "wbr"})
# Their end may be left out, and they nest only where something else does that is counted.
_SELF_ENDING: Final = frozenset({"dd", "dt", "li", "option", "p", "tbody", "td", "th", "tr"})
# The library takes a kilobyte of stack for each level, and ends the process where there is none.
_DEEPEST: Final = 100
# It tries each rule on each element, some 25 ns each.
_MOST_TRIALS: Final = 2_000_000
_LARGEST: Final = 700_000


def style_inliner() -> Callable[[str], str]:
    """Raises `ValueError` naming EMAIL_INLINE_CSS where the library is not installed.

    Of a sheet stays what an element cannot hold, such as `@media` and `:hover`. HTML that has no
    sheet, or is so large or so deeply nested that it would hold up other mail, comes back as it is.
    """
    try:
        library = import_module("css_inline")
    except ImportError:
        raise ValueError(
            "EMAIL_INLINE_CSS: needs a library: pip install 'kafka-mailer[css]'"
        ) from None
    # Nothing is ever fetched: neither sheets that are linked, nor files.
    inliner = library.CSSInliner(
        load_remote_stylesheets=False,
        keep_link_tags=True,
        keep_style_tags=True,
        keep_at_rules=True,
        remove_inlined_selectors=True,
    )

    def inlined(html: str) -> str:
        if "<style" not in html.lower() or not _is_harmless(html):
            return html
        result: str = inliner.inline(html)
        return result

    return inlined


def _is_harmless(html: str) -> bool:
    elements, rules = html.count("<"), html.count("{")
    return len(html) <= _LARGEST and elements * rules <= _MOST_TRIALS and _depth(html) <= _DEEPEST


def _depth(html: str) -> int:
    """How deep elements are nested at most, as far as their tags tell."""
    uncounted = _VOID if _FOREIGN.search(html) else _VOID | _SELF_ENDING
    opened: Counter[str] = Counter()
    depth = deepest = 0
    for closing, name in _TAG.findall(html.lower()):
        if name in uncounted:
            continue
        if not closing:
            opened[name] += 1
            depth += 1
            deepest = max(deepest, depth)
        elif opened[name]:
            opened[name] -= 1
            depth -= 1
    return deepest
