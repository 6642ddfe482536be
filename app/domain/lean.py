"""Values that are made for every message, without the price of being frozen."""

from __future__ import annotations

from dataclasses import MISSING, fields
from typing import Any, TypeVar

T = TypeVar("T", bound=type)


def lean(cls: T) -> T:
    """Above `@dataclass(frozen=True, slots=True)`: frozen for the type checker alone.

    A frozen dataclass sets each field by a call, which takes several times as long as setting it.
    Not for classes with `__post_init__` or fields that `__init__` leaves out.
    """
    own: Any = cls
    positional: list[str] = []
    keyword: list[str] = []
    body: list[str] = []
    names: dict[str, Any] = {"MISSING": MISSING}
    for field in fields(own):
        parameter, value = field.name, field.name
        if field.default is not MISSING:
            names[f"_{field.name}"] = field.default
            parameter += f"=_{field.name}"
        elif field.default_factory is not MISSING:
            names[f"_{field.name}"] = field.default_factory
            parameter += "=MISSING"
            value = f"_{field.name}() if {field.name} is MISSING else {field.name}"
        (keyword if field.kw_only else positional).append(parameter)
        body.append(f" self.{field.name} = {value}")
    if keyword:
        positional += ["*", *keyword]
    source = "\n".join([f"def __init__(self, {', '.join(positional)}):", *body])
    exec(source, names)  # noqa: S102 - of the class's own field names
    init = names["__init__"]
    init.__qualname__ = f"{own.__qualname__}.__init__"
    init.__annotations__ = own.__init__.__annotations__
    own.__init__ = init
    del own.__setattr__, own.__delattr__
    return cls
