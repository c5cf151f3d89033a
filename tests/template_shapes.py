"""Whether two templates of one card say the same things, whatever their language.

Compared are their syntax trees: what is printed, on which condition, in which loop, of which macro
and include. Text between the tags is free; so are the order of siblings (word order), constants
that stand as Chinese words for English ones, and the filters that translate.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from jinja2 import nodes

TRANSLATING = frozenset({"words", "retold", "translated"})
_MOST_LETTERS = 5  # of an English ending that depends on a number: `s`, `y`, `ies`


def compare_templates(english: nodes.Template, chinese: nodes.Template) -> list[str]:
    """What one of them says and the other does not, a line each; empty where they agree."""
    return list(_compare_blocks(english.body, chinese.body))


def has_chinese(text: str) -> bool:
    """Whether a Chinese character stands in it."""
    return any("\u4e00" <= character <= "\u9fff" for character in text)


def _compare_blocks(english: list[nodes.Node], chinese: list[nodes.Node]) -> Iterator[str]:
    """The differences of two blocks, whose statements may stand in any order."""
    left = list(_list_statements(chinese))
    for one in _list_statements(english):
        found = next((other for other in left if _agree(one, other)), None)
        if found is None:
            near = next((other for other in left if _have_same_head(one, other)), None)
            if near is None:
                yield f"only English, line {one.lineno}: {_show(one)}"
                continue
            for mine, theirs in zip(_list_blocks(one), _list_blocks(near), strict=True):
                yield from _compare_blocks(mine, theirs)
            found = near
        left.remove(found)
    for other in left:
        yield f"only Chinese, line {other.lineno}: {_show(other)}"


def _list_statements(block: Iterable[nodes.Node]) -> Iterator[nodes.Node]:
    """Printed expressions and statements; no text, and no ending of an English plural."""
    for one in block:
        if isinstance(one, nodes.Output):
            yield from (part for part in one.nodes if not isinstance(part, nodes.TemplateData))
        elif not _is_plural(one):
            yield one


def _is_plural(node: nodes.Node) -> bool:
    if not isinstance(node, nodes.If) or not isinstance(node.test, nodes.Compare):
        return False
    against = [one.expr for one in node.test.ops]
    if not (len(against) == 1 and isinstance(against[0], nodes.Const) and against[0].value == 1):
        return False
    written = [text for block in (node.body, node.else_) for text in _list_texts(block)]
    return all(text is not None and len(text) <= _MOST_LETTERS for text in written)


def _list_texts(block: Iterable[nodes.Node]) -> Iterator[str | None]:
    """The texts of a block; None for anything else."""
    for one in block:
        parts = one.nodes if isinstance(one, nodes.Output) else [one]
        yield from (part.data if isinstance(part, nodes.TemplateData) else None for part in parts)


def _agree(one: nodes.Node, other: nodes.Node) -> bool:
    blocks = zip(_list_blocks(one), _list_blocks(other), strict=True)
    return _have_same_head(one, other) and not any(
        difference for mine, theirs in blocks for difference in _compare_blocks(mine, theirs)
    )


_BLOCKS = ("body", "elif_", "else_")


def _list_blocks(node: nodes.Node) -> list[list[nodes.Node]]:
    return [block for name in _BLOCKS if isinstance(block := getattr(node, name, None), list)]


def _have_same_head(one: nodes.Node, other: nodes.Node) -> bool:
    """Whether both are the same kind of node about the same things, apart from their blocks."""
    one, other = _strip_translation(one), _strip_translation(other)
    if isinstance(one, nodes.Concat) and isinstance(other, nodes.Concat):
        return _have_same_parts(one, other)
    if type(one) is not type(other):
        return False
    if isinstance(one, nodes.Const) and isinstance(other, nodes.Const):
        return _is_same_constant(one.value, other.value)
    mine, theirs = (
        {name: value for name, value in node.iter_fields() if name not in _BLOCKS}
        for node in (one, other)
    )
    return mine.keys() == theirs.keys() and all(_is_same(mine[name], theirs[name]) for name in mine)


def _is_same(one: object, other: object) -> bool:
    if isinstance(one, nodes.Node) and isinstance(other, nodes.Node):
        return _have_same_head(one, other)
    if isinstance(one, (list, tuple)) and isinstance(other, (list, tuple)):
        return len(one) == len(other) and all(map(_is_same, one, other))
    return one == other


def _is_same_constant(one: object, other: object) -> bool:
    if one == other:
        return True
    return isinstance(one, str) and isinstance(other, str) and bool(one) and has_chinese(other)


def _have_same_parts(one: nodes.Concat, other: nodes.Concat) -> bool:
    """Words around what is joined are free, and so is their number."""
    mine, theirs = (
        [part for part in node.nodes if not isinstance(part, nodes.Const)] for node in (one, other)
    )
    return _is_same(mine, theirs)


def _strip_translation(node: nodes.Node) -> nodes.Node:
    while isinstance(node, nodes.Filter) and node.name in TRANSLATING and node.node is not None:
        node = node.node
    return node


def _show(node: nodes.Node) -> str:
    return repr(node)[:300]
