"""`muster` itself: finding the command, opening the app, and saying what was refused.

Textual and the store are imported inside the commands: `--help` and the reports need no screens, and
importing Textual is most of the start.
"""

# ruff: noqa: PLC0415

from __future__ import annotations

import errno
import gc
import os
import sys
from importlib import import_module
from typing import TYPE_CHECKING, NoReturn

import click

from tui import charset
from tui.commands.options import (
    asked_person,
    configuration,
    database_target,
    with_config,
    with_database,
    with_person,
)
from tui.running import met_fault, need_terminal, prepared, run_app, say

if TYPE_CHECKING:
    from types import TracebackType

    from tui.config import Config

STANDARD_OUTPUT = 1


COMMANDS = {
    "init": "init:init",
    "account": "account:account_",
    "user": "user:user",
    "import": "imports:import_",
    "report": "report:report",
    "export": "export:export",
    "rubric": "rubric:rubric",
    "file": "file:file_",
    "site": "site:site",
    "sync": "sync:sync",
    "digest": "digest:digest_",
    "demo": "demo:demo",
    "ssh": "ssh:ssh",
    "audit": "audit:audit",
    "db": "database:db",
    "config": "config:config_",
    "session": "session:session",
}
"""Each command: the module in `tui.commands` that has it, and its name there."""


class Commands(click.Group):
    """A command is imported when it, or the list of all of them, is asked for."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Every command there is."""
        return sorted(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command of this name."""
        if cmd_name not in COMMANDS:
            return None
        module, name = COMMANDS[cmd_name].split(":")
        found: click.Command = getattr(import_module(f"tui.commands.{module}"), name)
        return found


@click.group(
    "muster",
    cls=Commands,
    invoke_without_command=True,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="Example: muster --database school.db --as maya@school.example",
)
@with_database
@with_person
@with_config
@click.version_option(package_name="muster-tui", prog_name="muster")
@click.pass_context
def cli(context: click.Context) -> None:
    """Look after learners: groups, progress and review, in the terminal.

    Without a command, opens the app. An empty database opens a form that makes the account.
    """
    if context.invoked_subcommand is None:
        need_terminal()
        _open_app(database_target(make_folder=True), asked_person())


def _open_app(target: str, email: str | None) -> None:
    # A start makes no garbage, and looking for it takes a tenth of the time. The app turns this on again.
    gc.disable()
    config = configuration()
    from store import account, database, signing_in
    from tui.opening import open_for_use

    if not database.is_there(target):
        _open_form(config, target)
        return
    open_for_use(target, for_screens=True)
    if email is None and not signing_in.has_admin():
        database.require_writable()
        # A roster may have come first: then the account has a name already, but nobody to sign in.
        _open_form(config, account_name=account.get().name if account.exists() else "")
    else:
        from tui.session import Session

        # Signing in and the first screen see the same, and ask the same things once.
        with database.reading():
            app = prepared(Session.open(email), config)
        run_app(app)


def _open_form(config: Config, new: str | None = None, account_name: str = "") -> None:
    """The form that makes the account, in the open database or in one of this name that it makes as well."""
    from functools import partial

    from store import setup
    from tui.app import MusterApp

    create = partial(setup.create_in_new_file, new) if new else None
    run_app(MusterApp(None, account_name, config, create=create))


def _fail(message: str, code: int) -> NoReturn:
    say(message)
    sys.exit(code)


def _write_down(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    """Log what nobody caught, a fault of the program itself, and say so; the exit code is then 1."""
    if not issubclass(kind, Exception):
        sys.__excepthook__(kind, error, trace)
        return
    from tui.fault_log import write_down

    say(met_fault(write_down(error)))


def main() -> None:
    """Run a command. Exit code 0 only on success; what is refused is one line on standard error."""
    from store.errors import MusterError

    sys.excepthook = _write_down
    if sys.stdout is None:
        _fail("standard output is closed", 1)
    charset.fit((sys.stdout, sys.stderr), charset.of_terminal(os.environ))
    try:
        code = cli.main(prog_name="muster", standalone_mode=False)
    except click.exceptions.NoArgsIsHelpError as asked:
        asked.show()
        sys.exit(asked.exit_code)
    except click.UsageError as refused:
        _fail(f"{refused.format_message()} See: {_help_for(refused)}", refused.exit_code)
    except click.ClickException as refused:
        _fail(refused.format_message(), refused.exit_code)
    except click.Abort:
        _fail("stopped; nothing was changed", 130)
    except MusterError as refused:
        _fail(refused.message, 1)
    except UnicodeEncodeError:
        _fail("a name is not written in UTF-8: rename the file", 1)
    except BrokenPipeError:
        # Whoever read our output has enough.
        _drop_output()
        sys.exit(1)
    except PermissionError as refused:
        _fail(f"{refused.filename} may not be read or written", 1)
    except OSError as refused:
        _drop_output()
        _fail(_why_not(refused), 1)
    sys.exit(code if isinstance(code, int) else 0)


def _why_not(refused: OSError) -> str:
    from store import no_room

    if refused.errno == errno.ENOSPC:
        said = "there is no room left to write it"
    elif (full := no_room.told(refused.errno)) is not None:
        said = full.message
    else:
        said = refused.strerror or str(refused)
    return f"{refused.filename}: {said}" if refused.filename else said


def _drop_output() -> None:
    """Point what was not written yet at nothing, so that closing it cannot fail as well."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), STANDARD_OUTPUT)


def _help_for(refused: click.UsageError) -> str:
    path = refused.ctx.command_path if refused.ctx else "muster"
    return f"{path} --help"
