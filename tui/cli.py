"""The commands: `muster` itself, and what opens the screens. The others are in `commands`.

Textual and the store are imported inside the commands: `--help` and the reports need no screens, and
importing Textual is most of the start.
"""

# ruff: noqa: PLC0415

from __future__ import annotations

import errno
import gc
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn, TypeVar

import click

from tui import charset

if TYPE_CHECKING:
    from types import TracebackType

    from tui.app import MusterApp
    from tui.config import Config
    from tui.session import Session

Command = TypeVar("Command", bound=Callable[..., Any])

STANDARD_OUTPUT = 1
DEMO_PEOPLE = ("admin", "leader", "mentor")
READ_ONLY = "Read only: you can look at everything here, but nothing can be changed."


def _keep(name: str) -> Callable[[click.Context, click.Parameter, str | None], str | None]:
    """An option that may stand before or after the command's name: the last one given counts."""

    def remember(context: click.Context, _: click.Parameter, value: str | None) -> str | None:
        if value is not None:
            context.find_root().meta[name] = value
        return value

    return remember


def with_database(command: Command) -> Command:
    """Give a command the option that names the database."""
    return click.option(
        "--database",
        metavar="URL_OR_PATH",
        expose_value=False,
        callback=_keep("database"),
        help="The database. Also: MUSTER_DATABASE. Default: muster.db in your data folder.",
    )(command)


def _person_option(metavar: str, words: str) -> Callable[[Command], Command]:
    return click.option(
        "--as", "email", metavar=metavar, expose_value=False, callback=_keep("as"), help=words
    )


def with_person(command: Command) -> Command:
    """Give a command the option that says who acts."""
    return _person_option("EMAIL", "Who you are. Also: MUSTER_AS. Default: the only admin.")(command)


def with_config(command: Command) -> Command:
    """Give a command the option that names the configuration file."""
    return click.option(
        "--config",
        metavar="PATH",
        expose_value=False,
        callback=_keep("config"),
        help="Your keys and colours. Also: MUSTER_CONFIG. Default: config.toml in your settings folder.",
    )(command)


def database_target(*, make_folder: bool = False) -> str:
    """The database that was asked for: by option, by MUSTER_DATABASE, or the default file."""
    named = click.get_current_context().find_root().meta.get("database") or os.environ.get("MUSTER_DATABASE")
    if named:
        return str(named)
    from platformdirs import user_data_path

    folder = user_data_path("muster", appauthor=False)
    if make_folder:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return str(folder / "muster.db")


def say_folder(file: Path) -> None:
    """Of a file just made, which is its owner's alone, say who else may look into its folder."""
    from store import file_access
    from store.text import clean_line

    for remark in file_access.folder_remarks(file.absolute().parent):
        click.echo(clean_line(remark), err=True)


def named_person() -> str | None:
    """Who was named by option, if anybody."""
    return click.get_current_context().find_root().meta.get("as") or None


def asked_person() -> str | None:
    """Who was named by option or by MUSTER_AS, if anybody."""
    return named_person() or os.environ.get("MUSTER_AS") or None


def configuration() -> Config:
    """What the configuration file says: named by option or by MUSTER_CONFIG, or the usual one.

    Raises InvalidError for one that cannot be taken.
    """
    from tui import config

    named = click.get_current_context().find_root().meta.get("config") or os.environ.get("MUSTER_CONFIG")
    return config.load(named or None)


class Commands(click.Group):
    """The commands that need no screens are imported when one of them, or a list of them, is asked for."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Every command there is."""
        self._register()
        return super().list_commands(ctx)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command of this name."""
        if cmd_name not in self.commands:
            self._register()
        return super().get_command(ctx, cmd_name)

    def _register(self) -> None:
        from tui.commands import register

        register(self)


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


@cli.command(epilog="Example: muster demo --as mentor")
@_person_option("WHO", "Who you are there. Default: admin.")
@with_config
@click.option("--keep", metavar="PATH", type=click.Path(path_type=Path), help="Keep the database at PATH.")
def demo(keep: Path | None) -> None:
    """Open the app on a freshly made demo school.

    WHO is admin, leader, mentor, or the email of one of its people.
    """
    need_terminal()
    # Refused before anything is made.
    config = configuration()
    gc.disable()
    from store import database, new_database

    if keep is not None:
        if database.path_of(str(keep)).exists():
            raise click.ClickException(f"{keep} exists already. Open it with: muster --database {keep}")
        with new_database.open_or_draft(str(keep)) as name_it:
            session = _demo_session()
            name_it()
        run_app(_prepared(session, config))
        say_folder(keep)
        return
    import tempfile

    with tempfile.TemporaryDirectory(prefix="muster-demo-", ignore_cleanup_errors=True) as folder:
        database.open_database(str(Path(folder) / "demo.db"), create=True)
        run_app(_prepared(_demo_session(), config))


def _demo_session() -> Session:
    """Fill the open database with the demo school, and sign in there.

    MUSTER_AS is not asked: it names somebody of a school of one's own.
    """
    from store import demo
    from tui.session import Session

    made = demo.build()
    known = dict(zip(DEMO_PEOPLE, (made.admin, made.leader, made.mentor), strict=True))
    asked = named_person() or "admin"
    return Session.open(known.get(asked, asked))


def need_terminal(instead: str = "Commands need none: muster --help") -> None:
    """The screens need a terminal to draw on; a program without one would spin."""
    term = os.environ.get("TERM", "")
    if not all(stream is not None and stream.isatty() for stream in (sys.stdin, sys.stdout, sys.stderr)):
        said = "the screens need a terminal; standard input or output is not one"
    elif term in ("dumb", "unknown"):
        said = f"the screens cannot be drawn with TERM={term}: its cursor does not move. {instead}"
    else:
        return
    click.echo(f"muster: {said}", err=True)
    raise click.exceptions.Exit(2)


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
            app = _prepared(Session.open(email), config)
        run_app(app)


def _open_form(config: Config, new: str | None = None, account_name: str = "") -> None:
    """The form that makes the account, in the open database or in one of this name that it makes as well."""
    from functools import partial

    from store import setup
    from tui.app import MusterApp

    create = partial(setup.create_in_new_file, new) if new else None
    run_app(MusterApp(None, account_name, config, create=create))


def _prepared(session: Session, config: Config) -> MusterApp:
    from store import database
    from tui.app import MusterApp

    app = MusterApp(session, config=config)
    if database.is_read_only():
        app.standing = READ_ONLY
    app.prepare()
    return app


def run_app(app: MusterApp) -> None:
    """Run the app to its end, and say what there is to be said of it."""
    if sys.platform == "win32":
        said = app.run()
    else:
        from tui.endings import Ending

        with Ending(app).watching():
            said = app.run()
    if app.not_kept:
        _say(app.not_kept)
    if app.fault:
        raise click.ClickException(_met_fault(app.fault))
    if said:
        raise click.ClickException(said)
    if app.return_code:
        raise click.exceptions.Exit(app.return_code)


def _met_fault(logged: str) -> str:
    return f"Muster met a fault of its own and had to end. What was saved is safe. {logged}"


def _say(message: str) -> None:
    from store.text import clean_line

    click.echo(f"muster: {clean_line(message)}", err=True)


def _fail(message: str, code: int) -> NoReturn:
    _say(message)
    sys.exit(code)


def _write_down(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    """Log what nobody caught, a fault of the program itself, and say so; the exit code is then 1."""
    if not issubclass(kind, Exception):
        sys.__excepthook__(kind, error, trace)
        return
    from tui.fault_log import write_down

    _say(_met_fault(write_down(error)))


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
