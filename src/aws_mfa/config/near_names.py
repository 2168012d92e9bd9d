"""
What the user may have meant by a name that does not exist.

Offers names, and decides nothing: a profile with a name much like the wanted one may be production.
"""

from __future__ import annotations

from difflib import get_close_matches

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

_SHOWN = 3


def did_you_mean(name: str, there: Iterable[str]) -> list[str]:
    """Return a hint with up to three names that are much like this one, the likest first; [] where none is."""
    by_folded = {each.casefold(): each for each in there if each.isprintable()}
    near = [by_folded[folded] for folded in get_close_matches(name.casefold(), by_folded, n=_SHOWN)]
    return [f"did you mean: {', '.join(near)}"] if near else []
