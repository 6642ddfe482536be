"""What an operation of a template may cost is paid before it is done.

Everything here answers to mistakes such as `'x' * 10**9`, and to data that a template's author did
not think of; sizes are upper bounds, found without making the text.
"""

from __future__ import annotations

from functools import wraps
from typing import TYPE_CHECKING, Any, Final

from app.composer.budget import LimitExceeded, charge, counted, make, spend, step
from app.composer.costs import FILTERS, METHODS, whole
from app.composer.formats import charge_percent

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_LARGEST_INTEGER_BITS: Final = 8192

_GATHERING: Final = frozenset({"groupby", "join", "max", "min", "random", "sort", "sum"})
_COMPARING_TESTS: Final = frozenset(
    {"!=", "<", "<=", "==", ">", ">=", "eq", "equalto", "ge", "greaterthan", "gt", "in", "le"}
    | {"lessthan", "lower", "lt", "ne", "upper"}
)


def charge_operator(operator: str, left: Any, right: Any) -> None:
    """For `+`, `*`, `**` and `%`."""
    step()
    if operator == "%":
        if isinstance(left, str):
            charge_percent(left, right)
    elif operator == "+":
        _grow(left, 1)
        _grow(right, 1)
    elif operator == "*":
        if isinstance(right, int):
            _grow(left, right)
        if isinstance(left, int):
            _grow(right, left)
        if isinstance(left, int) and isinstance(right, int):
            _integer(left.bit_length() + right.bit_length())
    elif isinstance(left, int) and isinstance(right, int):
        _integer(left.bit_length() * right)


def bounded_filter(name: str, function: Callable[..., Any]) -> Callable[..., Any]:
    """The same, paid for; what it gives out piece by piece is paid for as it comes."""
    before = FILTERS.get(name, whole)
    # Jinja hands the context or environment to some, ahead of what the template says.
    own = 1 if hasattr(function, "jinja_pass_arg") else 0

    @wraps(function)
    def bounded(*args: Any, **kwargs: Any) -> Any:
        step()
        given = list(args)
        if own < len(given) and hasattr(given[own], "__next__") and name in _GATHERING:
            given[own] = list(counted(given[own]))
        before(*given[own:], **kwargs)
        return _paid(function(*given, **kwargs))

    return bounded


def bounded_test(name: str, function: Callable[..., Any]) -> Callable[..., Any]:
    """The same; those that compare pay for what they compare."""
    if name not in _COMPARING_TESTS:
        return function

    @wraps(function)
    def bounded(*args: Any) -> Any:
        step()
        for each in args:
            charge(each)
        return function(*args)

    return bounded


def charge_call(function: Any, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> tuple[Any, ...]:
    """For a call of whatever a template can get hold of; what to call it with."""
    # Of `*args` there may be many.
    spend(1 + len(args) + len(kwargs))
    owner = getattr(function, "__self__", None)
    if isinstance(owner, str):
        make(len(owner))
        if function.__name__ == "join" and args and not isinstance(args[0], str):
            args = (list(counted(args[0])), *args[1:])
        for each in (*args, *kwargs.values()):
            charge(each)
        if (before := METHODS.get(function.__name__)) is not None:
            before(owner, *args, **kwargs)
    elif isinstance(owner, list | tuple):
        charge(owner)
    return args


def safe_range(*args: int) -> range:
    """`range`, no longer than a message could afford to walk along."""
    numbers = range(*args)
    spend(len(numbers) >> 3)
    return numbers


def is_boundless(owner: object, attribute: str) -> bool:
    """Methods that nobody misses in a mail, and that make more of less."""
    return isinstance(owner, str | int | bytes) and attribute in {
        "encode",
        "expandtabs",
        "from_bytes",
        "maketrans",
        "to_bytes",
        "translate",
    }


def _paid(result: Any) -> Any:
    if isinstance(result, str):
        make(len(result))
    elif isinstance(result, list | tuple | dict):
        spend(len(result) >> 3)
    elif hasattr(result, "__next__"):
        return counted(result)
    return result


def _grow(value: object, times: int) -> None:
    if isinstance(value, str):
        make(len(value) * max(times, 0))
    elif isinstance(value, list | tuple):
        spend(len(value) * max(times, 0))


def _integer(bits: int) -> None:
    if bits > _LARGEST_INTEGER_BITS:
        raise LimitExceeded(f"it makes a number of more than {_LARGEST_INTEGER_BITS} bits")
