"""Values without the price of being frozen are otherwise what dataclasses makes of them."""

from __future__ import annotations

import copy
import inspect
import pickle
from dataclasses import dataclass, field, replace

from app.domain.lean import lean
from app.domain.message import Address, Message


@lean
@dataclass(frozen=True, slots=True)
class Point:
    x: int
    y: int = 2
    tags: list[str] = field(default_factory=list)
    name: str = field(default="", kw_only=True)


def test_it_is_made_with_defaults_and_factories() -> None:
    one, other = Point(1), Point(1, name="far")
    assert (1, 2, [], "") == (one.x, one.y, one.tags, one.name)
    assert other.name == "far"
    assert one.tags is not other.tags
    assert Point(1, 3, ["a"]).tags == ["a"]


def test_it_compares_hashes_and_shows_itself_as_before() -> None:
    assert Point(1) == Point(1) != Point(2)
    assert hash(Address("ann", "example.com")) == hash(Address("ann", "example.com"))
    assert repr(Point(1)) == "Point(x=1, y=2, tags=[], name='')"
    assert not hasattr(Point(1), "__dict__")


def test_it_is_replaced_copied_and_pickled() -> None:
    address = Address("ann", "example.com", "Ann")
    assert replace(address, name="") == Address("ann", "example.com")
    assert copy.deepcopy(address) == address == pickle.loads(pickle.dumps(address))


def test_its_parameters_are_those_that_were_declared() -> None:
    parameters = inspect.signature(Message).parameters
    assert list(parameters)[:2] == ["id", "id_given"]
    assert all(each.kind is each.KEYWORD_ONLY for each in parameters.values())
    assert parameters["id"].default is inspect.Parameter.empty
    assert parameters["to"].default == ()
