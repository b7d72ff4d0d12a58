"""Where in a source file a text could be read as markup, drawn past the cleaning, or run as an action."""

from __future__ import annotations

import ast
from collections.abc import Iterator

SHOWING = ("Static", "Label", "Button")
"""Widgets whose text is markup, unless it is a `Content` or they are told not to read it so."""
# Selection is two numbers.
WIDGETS = {"Button", "Input", "ProgressBar", "Selection", "Sparkline", "Static", "TextArea"}
"""What is used of Textual's own: of these it is known what they do with a text."""
RICH = {"rich.cells", "rich.segment", "rich.style"}
"""Of Rich, what reads no text."""
READERS = ("from_markup", "from_text", "render_markup", "from_ansi", "visualize")
"""What reads any text as markup, or lets escape sequences in."""
READ_AS_MARKUP = ("label", "tooltip", "border_title", "border_subtitle", "content", "renderable", "prompt")
"""Attributes and arguments of widgets that are markup when they are texts."""
SETTERS = ("with_tooltip", "set_options")


def faults(source: str) -> list[str]:
    """What is wrong with a module, each with its line."""
    tree = ast.parse(source)
    contents = _giving_contents(tree)
    found: list[tuple[int, str]] = []
    for node in ast.walk(tree):
        found += _imports(node) if isinstance(node, ast.ImportFrom | ast.Import) else ()
        if isinstance(node, ast.Call):
            found += ((node.lineno, said) for said in _call(node, contents))
        elif isinstance(node, ast.Assign | ast.AugAssign | ast.AnnAssign):
            found += _assigned(node, contents)
        elif isinstance(node, ast.ClassDef):
            found += _class(node, contents)
    return [f"line {line}: {said}" for line, said in sorted(set(found))]


def _name(node: ast.expr) -> str:
    """The last part of a name with dots."""
    if isinstance(node, ast.Subscript):
        return _name(node.value)
    return node.attr if isinstance(node, ast.Attribute) else getattr(node, "id", "")


def _giving_contents(tree: ast.Module) -> set[str]:
    """Functions here that say that they give a `Content`, and names that are nothing else."""
    found: set[str] = set()
    others: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef) and node.returns is not None:
            if ast.unparse(node.returns) == "Content":
                found.add(node.name)
        elif isinstance(node, ast.Assign):
            for target in node.targets:
                if isinstance(target, ast.Name):
                    (found if _is_content(node.value) else others).add(target.id)
    return found - others


def _is_content(value: ast.expr) -> bool:
    if not isinstance(value, ast.Call):
        return False
    made = ast.unparse(value.func)
    # The parts that are assembled are texts or pairs, none of them markup.
    return made in ("Content", "Content.assemble", "Content.styled")


def _is_plain(value: ast.expr, contents: set[str]) -> bool:
    """A text written here in full that no reader of markup would change, or a `Content`."""
    if isinstance(value, ast.Constant):
        return not (isinstance(value.value, str) and "[" in value.value)
    if isinstance(value, ast.IfExp):
        return _is_plain(value.body, contents) and _is_plain(value.orelse, contents)
    if isinstance(value, ast.Name):
        return value.id in contents
    return _is_content(value) or (isinstance(value, ast.Call) and _name(value.func) in contents)


def _is_told(call: ast.Call) -> bool:
    """Whether `markup=False` is said."""
    return any(
        keyword.arg == "markup" and isinstance(keyword.value, ast.Constant) and keyword.value.value is False
        for keyword in call.keywords
    )


def _imports(node: ast.ImportFrom | ast.Import) -> Iterator[tuple[int, str]]:
    modules = [node.module or ""] if isinstance(node, ast.ImportFrom) else [name.name for name in node.names]
    for module in modules:
        if module == "rich" or (module.startswith("rich.") and module not in RICH):
            yield node.lineno, f"{module} reads markup or escape sequences"
        if module.startswith("textual.widgets"):
            for name in node.names:
                if isinstance(node, ast.Import) or name.name not in WIDGETS:
                    yield node.lineno, f"{name.name}: see first what it does with a text"


def _call(call: ast.Call, contents: set[str]) -> Iterator[str]:
    name, told = _name(call.func), _is_told(call)
    if name in READERS:
        yield f"{name} reads its text"
    if name in ("notify", "action_notify") and not told:
        yield f"{name} reads markup unless told not to"
    if name == "setattr":
        yield "setattr may set what is markup"
    if name in ("run_action", "parse_action"):
        yield from _action(call)
    if name in SHOWING:
        yield from _texts(call, name, contents, call.args[:1], told=told)
    if name in SETTERS or (name == "update" and _may_be_shown(call)):
        yield from _texts(call, name, contents, call.args[:1])


def _texts(
    call: ast.Call, name: str, contents: set[str], shown: list[ast.expr], *, told: bool = False
) -> Iterator[str]:
    """What is told not to read its text as markup reads its tooltip all the same."""
    if any(isinstance(argument, ast.Starred) for argument in call.args) or any(
        keyword.arg is None for keyword in call.keywords
    ):
        yield f"{name} gets what is not to be seen here"
    named = [
        keyword for keyword in call.keywords if keyword.arg in (("tooltip",) if told else READ_AS_MARKUP)
    ]
    for value in [*([] if told else shown), *(keyword.value for keyword in named)]:
        if not _is_plain(value, contents):
            yield f"{name} may read its text as markup"


def _may_be_shown(call: ast.Call) -> bool:
    """Dictionaries are updated with pairs, progress bars with numbers by name."""
    return bool(call.args) and not isinstance(call.args[0], ast.GeneratorExp | ast.DictComp | ast.Dict)


def _action(call: ast.Call) -> Iterator[str]:
    """An action has its arguments in it: it is never put together of anything from elsewhere."""
    for value in call.args[:1]:
        if isinstance(value, ast.JoinedStr | ast.BinOp) or (
            isinstance(value, ast.Call) and _name(value.func) in ("format", "join")
        ):
            yield "an action that is put together"


def _assigned(
    node: ast.Assign | ast.AugAssign | ast.AnnAssign, contents: set[str]
) -> Iterator[tuple[int, str]]:
    targets = node.targets if isinstance(node, ast.Assign) else [node.target]
    several = [part for target in targets for part in getattr(target, "elts", [target])]
    for target in several:
        if isinstance(target, ast.Attribute) and target.attr in READ_AS_MARKUP:
            whole = (
                node.value is not None
                and len(several) == len(targets)
                and not isinstance(node, ast.AugAssign)
            )
            if not whole or (node.value is not None and not _is_plain(node.value, contents)):
                yield node.lineno, f"{target.attr} may be read as markup"


def _class(node: ast.ClassDef, contents: set[str]) -> Iterator[tuple[int, str]]:
    shows = any(_name(base) in SHOWING for base in node.bases)
    for part in ast.walk(node):
        if isinstance(part, ast.FunctionDef) and part.name in ("render", "render_str", "_render"):
            given = ast.unparse(part.returns) if part.returns is not None else "nothing said"
            if given not in ("Content", "Strip"):
                yield part.lineno, f"{part.name} gives {given}: a text would be markup"
        is_above = shows and isinstance(part, ast.Call) and ast.unparse(part.func) == "super().__init__"
        if is_above and isinstance(part, ast.Call):
            for said in _texts(part, node.name, contents, part.args[:1], told=_is_told(part)):
                yield part.lineno, said
        if isinstance(part, ast.Assign) and part in node.body:
            for target in part.targets:
                if _name(target).lower() in READ_AS_MARKUP and not _is_plain(part.value, contents):
                    yield part.lineno, f"{_name(target)} may be read as markup"
