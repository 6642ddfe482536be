"""The Python code of templates, made so that it pays for what it does."""

from __future__ import annotations

from collections.abc import Iterable, Sized
from typing import TYPE_CHECKING, Any, TypeVar

from jinja2 import nodes
from jinja2.compiler import CodeGenerator, operators
from typing_extensions import override

from app.composer.budget import charge, make, spend

if TYPE_CHECKING:
    from collections.abc import Callable

    from jinja2.compiler import Frame

_T = TypeVar("_T")


class BoundedCode(CodeGenerator):
    """Calls `step`, `concatenated`, `compared`, `contained` and `cut` of the environment.

    Jinja lets a sandbox watch calls, attributes and operators, but not loops, `~`, comparisons
    and slices.
    """

    @override
    def blockvisit(self, nodes: Iterable[nodes.Node], frame: Frame) -> None:
        """Bodies of loops, macros, blocks, branches, and whole templates."""
        self.writeline("environment.step()")
        super().blockvisit(nodes, frame)

    @override
    def visit_Concat(self, node: nodes.Concat, frame: Frame) -> None:
        if frame.eval_ctx.volatile:
            join = "(markup_join if context.eval_ctx.volatile else str_join)"
        else:
            join = "markup_join" if frame.eval_ctx.autoescape else "str_join"
        self.write(f"environment.concatenated({join}, (")
        for each in node.nodes:
            self.visit(each, frame)
            self.write(", ")
        self.write("))")

    @override
    def visit_Compare(self, node: nodes.Compare, frame: Frame) -> None:
        self.write("(")
        self._watched("compared", node.expr, frame)
        for operand in node.ops:
            self.visit(operand, frame)
        self.write(")")

    @override
    def visit_Operand(self, node: nodes.Operand, frame: Frame) -> None:
        self.write(f" {operators[node.op]} ")
        self._watched("contained" if node.op in {"in", "notin"} else "compared", node.expr, frame)

    @override
    def visit_Getitem(self, node: nodes.Getitem, frame: Frame) -> None:
        if isinstance(node.arg, nodes.Slice):
            self.write("environment.cut(")
            super().visit_Getitem(node, frame)
            self.write(")")
        else:
            super().visit_Getitem(node, frame)

    def _watched(self, by: str, node: nodes.Expr, frame: Frame) -> None:
        if isinstance(node, nodes.Const):
            self.visit(node, frame)
            return
        self.write(f"environment.{by}(")
        self.visit(node, frame)
        self.write(")")


def concatenated(join: Callable[[tuple[Any, ...]], str], parts: tuple[Any, ...]) -> str:
    """Of `~`, before it makes text of lists and the like."""
    for part in parts:
        charge(part)
    return join(parts)


def compared(value: _T) -> _T:
    if isinstance(value, str):
        spend(len(value) >> 10)
    else:
        charge(value)
    return value


def contained(container: _T) -> _T:
    """What `in` searches; what it searches for is paid for as compared."""
    if isinstance(container, str):
        spend(len(container) >> 10)
    elif isinstance(container, Sized) and not isinstance(container, dict):
        spend(len(container) >> 3)
    return container


def cut(part: _T) -> _T:
    """A slice."""
    if isinstance(part, str):
        make(len(part))
    elif isinstance(part, Sized):
        spend(len(part) >> 3)
    return part
