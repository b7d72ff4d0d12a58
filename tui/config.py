"""The configuration file of whoever runs Muster: their keys, the theme, how often to look for changes."""

# ruff: noqa: PLC0415 - most have no such file: what reads one is imported where there is one

from __future__ import annotations

import os
import re
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple, NoReturn

from store.errors import InvalidError
from store.text import clean_line
from tui.refresh import SECONDS

LEAST_SECONDS, MOST_SECONDS = 0.2, 3600.0
NAME = "config.toml"
_TABLE = re.compile(r"\s*\[\s*([^\[\]]+?)\s*\]")
_AT_LINE = re.compile(r" \(at line (\d+), column \d+\)$")


class Config(NamedTuple):
    """What the file says. `keys` are the keys of bindings by id; `theme` None leaves it as it is; with the
    `output_filter` a terminal is sent what differs from what it shows; `notes` are sentences on what was
    passed over.
    """

    keys: Mapping[str, str] = MappingProxyType({})
    theme: str | None = None
    refresh_seconds: float = SECONDS
    output_filter: bool = True
    notes: tuple[str, ...] = ()


DEFAULTS = Config()


def default_path() -> Path:
    """Where the file is looked for unless another one is named."""
    if sys.platform == "linux":
        # As platformdirs has it; importing that would cost every start more than all the rest of this.
        folder = os.environ.get("XDG_CONFIG_HOME", "").strip()
        return (Path(folder) if folder else Path.home() / ".config") / "muster" / NAME
    from platformdirs import user_config_path

    return user_config_path("muster", appauthor=False) / NAME


def load(named: str | None) -> Config:
    """Read and check the file. Without one that is `named`, the one at its usual place, if there is one.

    Raises InvalidError, which names the file and the line.
    """
    try:
        path = Path(named).expanduser() if named else default_path()
    except RuntimeError as error:
        raise InvalidError(f"There is nobody whose home {clean_line(named or '')} could be in.") from error
    if not named and not path.exists():
        return DEFAULTS
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise InvalidError(f"{path} cannot be read: {error.strerror}.") from error
    try:
        return _Reader(path, raw).read()
    except (RecursionError, ValueError) as error:
        raise InvalidError(
            f"{path} cannot be read: something nests too deep in it, or is too long for a number."
        ) from error


class _Reader:
    """One file, and where in it things stand."""

    def __init__(self, path: Path, raw: bytes) -> None:
        self._path = path
        self._raw = raw
        self._lines: list[str] = []

    def read(self) -> Config:
        import tomllib

        try:
            text = self._raw.decode("utf-8-sig")
        except UnicodeDecodeError as error:
            self._refuse("it is not written in UTF-8.", self._raw.count(b"\n", 0, error.start) + 1)
        self._lines = text.splitlines()
        try:
            found = tomllib.loads(text)
        except tomllib.TOMLDecodeError as error:
            at = _AT_LINE.search(str(error))
            said = str(error)[: at.start()] if at else str(error).removesuffix(" (at end of document)")
            self._refuse(f"{said}.", int(at[1]) if at else max(1, len(self._lines)))
        config = DEFAULTS
        for name, value in found.items():
            take = _SETTINGS.get(name)
            if take is None:
                self._refuse(
                    f"there is no setting “{name}”. Known are {', '.join(_SETTINGS)}.", self._line(name)
                )
            config = take(self, config, name, value)
        return config

    def _refuse(self, said: str, line: int) -> NoReturn:
        raise InvalidError(f"{self._path}, line {line}: {clean_line(said)}")

    def _line(self, name: str, table: str = "") -> int:
        """The line on which a name is given its value; else the first one that has it at all."""
        last = name.rpartition(".")[2]
        spelled = re.compile(rf"""(.*\.)?\s*["']?({re.escape(name)}|{re.escape(last)})["']?\s*=""")
        here = ""
        for number, line in enumerate(self._lines, 1):
            if head := _TABLE.match(line):
                here = head[1].strip("\"' ")
                if not table and here.split(".")[0].strip("\"' ") == name:
                    return number
            elif here.split(".")[0] == table and spelled.match(line):
                return number
        whole = (number for number, line in enumerate(self._lines, 1) if name in line)
        return next(whole, 1)

    # ------------------------------------------------------------------ the settings

    def take_theme(self, config: Config, name: str, value: Any) -> Config:
        """One of the themes there are."""
        from tui import theme

        if value not in theme.names():
            self._refuse(
                f"there is no theme {_shown(value)}. Known are {', '.join(theme.names())}.", self._line(name)
            )
        return config._replace(theme=value)

    def take_seconds(self, config: Config, name: str, value: Any) -> Config:
        """A number of seconds."""
        number = isinstance(value, int | float) and not isinstance(value, bool)
        if not number or not LEAST_SECONDS <= value <= MOST_SECONDS:
            said = f"{name} is a number from {LEAST_SECONDS:g} to {MOST_SECONDS:g}, not {_shown(value)}."
            self._refuse(said, self._line(name))
        return config._replace(refresh_seconds=float(value))

    def take_filter(self, config: Config, name: str, value: Any) -> Config:
        """Whether only what differs is sent to the terminal."""
        if not isinstance(value, bool):
            self._refuse(f"{name} is true or false, not {_shown(value)}.", self._line(name))
        return config._replace(output_filter=value)

    def take_keys(self, config: Config, name: str, value: Any) -> Config:
        """Keys of bindings, by their ids."""
        from tui import keymap

        if not isinstance(value, dict):
            self._refuse('write keys as a table: [keys], and under it "home.review" = "r"', self._line(name))
        given = dict(_flat(value))
        try:
            found = keymap.checked(given)
        except keymap.KeyRefusedError as fault:
            self._refuse(str(fault), self._line(fault.ident, name))
        return config._replace(keys=MappingProxyType(found.keys), notes=found.notes)


_SETTINGS: dict[str, Callable[[_Reader, Config, str, Any], Config]] = {
    "theme": _Reader.take_theme,
    "refresh_seconds": _Reader.take_seconds,
    "output_filter": _Reader.take_filter,
    "keys": _Reader.take_keys,
}


def _flat(table: Mapping[str, Any], above: str = "") -> Iterator[tuple[str, Any]]:
    """Names with dots, whether they were quoted or are tables in tables to TOML."""
    for name, value in table.items():
        if isinstance(value, dict):
            yield from _flat(value, f"{above}{name}.")
        else:
            yield f"{above}{name}", value


def _shown(value: Any) -> str:
    return f"“{value}”" if isinstance(value, str) else str(value)


def sample() -> str:
    """A file with every setting at its default, each commented out: what it is, and how to write it."""
    from tui import keymap, theme

    lines = [
        "# Muster's configuration: take the # from a line and change it.",
        f"# It is read from {default_path()}",
        "# unless --config or MUSTER_CONFIG names another file.",
        "",
        "# The theme, for those who have chosen none in the app (F10, Theme…). One of:",
        *(f"#   {name}" for name in theme.names()),
        f'#theme = "{theme.DEFAULT}"',
        "",
        "# Seconds between two looks for what others changed.",
        f"#refresh_seconds = {SECONDS:g}",
        "",
        "# Whether a terminal is sent only what differs from what it shows. Set it to false if something is",
        "# left on your screen that does not belong there, and Ctrl+L does not help for long.",
        "#output_filter = true",
        "",
        "# Keys: one or several with commas between, named as f2, ctrl+r, shift+f2, space, comma, G.",
        "[keys]",
    ]
    for binding in keymap.every_binding():
        lines += [f"# {binding.name}: {binding.tooltip}", f'#"{binding.ident}" = "{binding.keys}"']
    return "\n".join(lines) + "\n"
