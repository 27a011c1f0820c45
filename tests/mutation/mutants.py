"""Every small change to a piece of source that a test should notice."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

_COMPARED: dict[type, tuple[type[ast.cmpop], ...]] = {
    ast.Lt: (ast.LtE, ast.GtE),
    ast.LtE: (ast.Lt, ast.Gt),
    ast.Gt: (ast.GtE, ast.LtE),
    ast.GtE: (ast.Gt, ast.Lt),
    ast.Eq: (ast.NotEq,),
    ast.NotEq: (ast.Eq,),
    ast.Is: (ast.IsNot,),
    ast.IsNot: (ast.Is,),
    ast.In: (ast.NotIn,),
    ast.NotIn: (ast.In,),
}
_REPLACED: dict[type, type[ast.operator]] = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.Div,
    ast.Div: ast.Mult,
    ast.FloorDiv: ast.Mult,
    ast.Mod: ast.Mult,
    ast.Pow: ast.Mult,
    ast.BitAnd: ast.BitOr,
    ast.BitOr: ast.BitAnd,
    ast.BitXor: ast.BitAnd,
}
_NAMESAKES = {
    one: other
    for pair in (("any", "all"), ("min", "max"), ("minimum", "maximum"), ("fmin", "fmax"), ("floor", "ceil"))
    for one, other in (pair, pair[::-1])
}
#: What only people read is no behaviour: its words are looked at, not tested letter by letter.
_WORDS = {"Words"}


@dataclass
class Mutant:
    """One change: the field of a node, and what stands there instead. `make` changes the tree for good."""

    line: int
    before: str
    after: str
    node: ast.AST
    field: str
    place: int | None
    instead: Any

    def make(self) -> None:
        """Put it into the tree."""
        if self.place is None:
            setattr(self.node, self.field, self.instead)
        else:
            self.node.__dict__[self.field][self.place : self.place + 1] = [] if self.instead is None else [self.instead]

    def __str__(self) -> str:
        return f"{self.line}: {self.before}  →  {self.after}"


def list_mutants(tree: ast.Module) -> list[Mutant]:
    """List every change that can be made to a module.

    A comparison takes its neighbour and its opposite, an operator its opposite, a number one more, a text another text, True False; a
    condition and a mask are negated, ``any`` becomes ``all``; a statement that acts and a keyword argument are left out. Annotations,
    imports, docstrings, decorators and words for people stay.
    """
    return list(_walk(tree, tree, "body", None))


def _walk(node: Any, parent: ast.AST, field: str, place: int | None) -> Iterator[Mutant]:
    if isinstance(node, list):
        for position, item in enumerate(node):
            if isinstance(item, ast.AST):
                yield from _walk(item, parent, field, position)
        return
    if isinstance(node, ast.AST) and node is not parent:
        for instead, before in _instead(node):
            after = "(left out)" if instead is None or isinstance(instead, ast.Pass) else ast.unparse(instead)
            line = node.target.lineno if isinstance(node, ast.comprehension) else node.lineno  # type: ignore[attr-defined]
            yield Mutant(line, _shown(before), _shown(after), parent, field, place, instead)
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in _WORDS:
        return
    for name, value in ast.iter_fields(node):
        if _is_silent(node, name):
            continue
        if isinstance(value, list) and name == "body" and _has_docstring(node):
            for position, item in enumerate(value[1:], 1):
                yield from _walk(item, node, name, position)
        elif isinstance(value, ast.AST | list):
            yield from _walk(value, node, name, None)


def _is_silent(node: ast.AST, field: str) -> bool:
    return field in ("annotation", "returns", "decorator_list", "type_params", "ctx") or isinstance(
        node, ast.Import | ast.ImportFrom
    )


def _has_docstring(node: ast.AST) -> bool:
    return (
        isinstance(node, ast.Module | ast.FunctionDef | ast.ClassDef)
        and ast.get_docstring(node, clean=False) is not None
    )


def _instead(node: ast.AST) -> Iterator[tuple[ast.AST | None, str]]:
    """Give what may stand in the place of a node, and how the node reads now."""
    for instead in _expressions(node):
        yield ast.copy_location(instead, node), ast.unparse(node)
    if isinstance(node, ast.AugAssign) or (isinstance(node, ast.Expr) and isinstance(node.value, ast.Call | ast.Yield)):
        yield ast.copy_location(ast.Pass(), node), ast.unparse(node)
    elif isinstance(node, ast.Assign) and all(isinstance(target, ast.Subscript) for target in node.targets):
        yield ast.copy_location(ast.Pass(), node), ast.unparse(node)
    elif isinstance(node, ast.Raise):
        yield ast.copy_location(ast.Pass(), node), ast.unparse(node)
    elif isinstance(node, ast.Break | ast.Continue):
        other = ast.Continue() if isinstance(node, ast.Break) else ast.Break()
        yield ast.copy_location(other, node), ast.unparse(node)
    elif isinstance(node, ast.keyword) and node.arg is not None:
        yield None, ast.unparse(node)
    if isinstance(node, ast.AugAssign) and type(node.op) in _REPLACED:
        other_op = _REPLACED[type(node.op)]()
        yield ast.copy_location(ast.AugAssign(node.target, other_op, node.value), node), ast.unparse(node)


def _expressions(node: ast.AST) -> Iterator[ast.AST]:
    if isinstance(node, ast.Compare):
        for place, operator in enumerate(node.ops):
            for other in _COMPARED[type(operator)]:
                yield ast.Compare(node.left, [*node.ops[:place], other(), *node.ops[place + 1 :]], node.comparators)
    elif isinstance(node, ast.BinOp) and type(node.op) in _REPLACED:
        yield ast.BinOp(node.left, _REPLACED[type(node.op)](), node.right)
    elif isinstance(node, ast.BoolOp):
        yield ast.BoolOp(ast.And() if isinstance(node.op, ast.Or) else ast.Or(), node.values)
    elif isinstance(node, ast.UnaryOp):
        yield node.operand
    elif isinstance(node, ast.IfExp):
        yield ast.IfExp(node.test, node.orelse, node.body)
    elif isinstance(node, ast.If | ast.While) and not isinstance(node.test, ast.UnaryOp):  # its "not" goes by itself
        yield type(node)(ast.UnaryOp(ast.Not(), node.test), node.body, node.orelse)
    elif isinstance(node, ast.comprehension) and node.ifs:
        yield ast.comprehension(node.target, node.iter, [], node.is_async)
    elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load) and node.id in _NAMESAKES:
        yield ast.Name(_NAMESAKES[node.id], node.ctx)
    elif isinstance(node, ast.Attribute) and node.attr in _NAMESAKES:
        yield ast.Attribute(node.value, _NAMESAKES[node.attr], node.ctx)
    elif isinstance(node, ast.Constant):
        if isinstance(node.value, bool):
            yield ast.Constant(not node.value)
        elif isinstance(node.value, int | float):
            yield ast.Constant(node.value + 1)
        elif isinstance(node.value, str):
            yield ast.Constant(f"~{node.value}")


def _shown(source: str) -> str:
    first, *more = source.split("\n")
    return first + (" …" if more else "")
