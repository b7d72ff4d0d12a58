"""What is wrong with a set-up for SSH: each check yields findings, a line each, with what to do."""

from __future__ import annotations

import pwd
import resource
import stat
import statistics
import time
from collections.abc import Iterator
from pathlib import Path

from store import database, told_changes
from store.errors import InvalidError
from tui.ssh import setup_files, sshd, unix_user
from tui.ssh.findings import Finding, all_well, as_user, bad, good, hint, last_line
from tui.ssh.setup_files import Setup

LOOKUP_MS = 150
SERVER_LOOKUP_MS = 400
"""Milliseconds that a look-up may take: in a file, and on a server, whose driver has to be loaded."""
ROUNDS = 5
# A key that nobody has; of a size and a type that somebody could.
STRANGER = ("SHA256:" + "A" * 43, "ssh-ed25519", "AAAAC3NzaC1lZDI1NTE5AAAAI" + "A" * 43)


def before_sshd(setup: Setup) -> Iterator[Finding]:
    """What can be checked before sshd knows of it."""
    yield from sshd.drop_in(setup)
    yield from _of_this_machine(setup)


def everything(setup: Setup, config: Path | None = None) -> Iterator[Finding]:
    """What can be checked once all is in place; `config` is the configuration of the sshd that is meant."""
    yield from written(setup)
    yield from sshd.in_use(setup, config)
    yield from _of_this_machine(setup)
    yield from listener(setup)


def _of_this_machine(setup: Setup) -> Iterator[Finding]:
    yield from ownership(setup)
    yield from unix_user.user(setup)
    yield from data(setup)
    yield from lookup(setup)
    yield from unix_user.session(setup)


# ---------------------------------------------------------------------- the files


def written(setup: Setup) -> Iterator[Finding]:
    """Whether the files are there, and as they were written."""
    return all_well(_strange_files(setup), f"{setup.folder} has its files, as they were written.")


def _strange_files(setup: Setup) -> Iterator[Finding]:
    for file in _expected(setup):
        path = setup.folder / file.name
        try:
            text = path.read_text(encoding="utf-8", errors="replace")
        except OSError as error:
            yield bad(f"{path}: {error.strerror}.", f"Write it with: {setup.command('setup')}")
            continue
        is_edited = setup_files.is_edited(text)
        if path == setup.wrapper and not path.stat().st_mode & stat.S_IXOTH:
            yield bad(f"{path} cannot be run.", f"chmod 755 {path}")
        if path == setup.wrapper and text != file.text:
            yield _strange_wrapper(setup, text)
        elif is_edited and file.name != setup_files.ENVIRONMENT:
            yield hint(f"{path} was changed by hand.", "muster ssh setup keeps it as it is.")


def _expected(setup: Setup) -> tuple[setup_files.File, ...]:
    """The files that there should be: the listener's unit only where sessions are told to use it."""
    named = setup_files.environment(setup)
    target = named.get(setup_files.DATABASE, "") if told_changes.VARIABLE in named else ""
    return setup_files.files(setup, target)


def _strange_wrapper(setup: Setup, text: str) -> Finding:
    anew = setup.command("setup")
    if setup_files.is_edited(text):
        return bad(f"{setup.wrapper} was changed by hand.", f"Rewrite it with: {anew} --force")
    if setup_files.is_of_this_installation(setup, text):
        works = "It works." if setup_files.is_quick(text) else "It works, but looks up keys slowly."
        return hint(f"{setup.wrapper} is of another version of Muster. {works}", f"Rewrite it with: {anew}")
    return bad(f"{setup.wrapper} runs another installation of Muster.", f"Rewrite it with: {anew}")


def listener(setup: Setup) -> Iterator[Finding]:
    """Whether sessions are told of changes, where the database is on a server."""
    if not _is_on_server(setup):
        return
    said = setup_files.environment(setup).get(told_changes.VARIABLE)
    asking = "each session asks the server every second"
    if not said:
        yield hint(f"There is no listener: {asking}.", f"Write its unit with: {setup.command('setup')}")
    elif told_changes.seen(Path(said)) is not None:
        yield good(f"The listener tells sessions what is changed, in {said}.")
    elif setup_files.LISTENER_PATH.exists():
        told = f"systemctl restart {setup_files.LISTENER}; journalctl -u {setup_files.LISTENER} says why"
        yield bad(f"The listener does not run: {asking}.", f"Start it: {told}")
    else:
        start = " && ".join(setup_files.steps(setup, setup_files.named_database(setup) or "")[-1][1])
        yield hint(f"The listener does not run: {asking}.", f"Start it: {start}")


def ownership(setup: Setup) -> Iterator[Finding]:
    """Whether nobody but root can change what is run, up to the topmost folder."""
    return all_well(
        _not_roots(setup),
        "The wrapper, the program and the folders above them belong to root alone.",
    )


def _not_roots(setup: Setup) -> Iterator[Finding]:
    # sshd itself looks at the wrapper so, and runs nothing else; a folder like /tmp will not do for it.
    yield from _loose(setup.wrapper, sticky_will_do=False)
    installed = Path(setup_files.__file__).parent
    seen: set[Path] = set()
    for path in (Path(setup.python), Path(setup.python).resolve(), installed, Path(database.__file__).parent):
        yield from _loose(path, sticky_will_do=True, seen=seen)
    yield from _environment_file(setup)


def _loose(path: Path, *, sticky_will_do: bool, seen: set[Path] | None = None) -> Iterator[Finding]:
    """A path and the folders above it that somebody else could change."""
    for step in (path, *path.parents):
        if seen is not None and step in seen:
            return
        if seen is not None:
            seen.add(step)
        try:
            found = step.stat()
        except FileNotFoundError:
            # That it is missing is told by another check.
            continue
        except OSError as error:
            yield bad(f"{step}: {error.strerror}.")
            continue
        if found.st_uid != 0:
            yield bad(f"{step} belongs to {_name(found.st_uid)}.", f"Give it to root: chown root {step}")
        sticky = sticky_will_do and found.st_mode & stat.S_ISVTX
        if found.st_mode & 0o022 and not sticky:
            yield bad(f"{step} can be changed by others than root.", f"chmod go-w {step}")


def _environment_file(setup: Setup) -> Iterator[Finding]:
    path = setup.folder / setup_files.ENVIRONMENT
    try:
        found = path.stat()
        group = pwd.getpwnam(setup.user).pw_gid
    except (OSError, KeyError):
        # Told by other checks.
        return
    mode = stat.S_IMODE(found.st_mode)
    if found.st_uid != 0 or found.st_gid != group or mode & 0o137 or not mode & 0o040:
        yield bad(
            f"{path} is to be read by root and by {setup.user} alone, and changed by root.",
            f"chown root:{setup.user} {path} && chmod 640 {path}",
        )


def _name(number: int) -> str:
    try:
        return pwd.getpwuid(number).pw_name
    except KeyError:
        return f"user {number}"


# ------------------------------------------------------------------- the database


def data(setup: Setup) -> Iterator[Finding]:
    """Whether the Unix user can reach the database, and others cannot."""
    try:
        named = setup_files.named_database(setup)
        path = database.file_named(named) if named else None
    except (OSError, ValueError, InvalidError) as error:
        yield bad(f"{setup.folder / setup_files.ENVIRONMENT} cannot be read: {error}")
        return
    if path is None and named:
        # On a server: whether a session can reach it is tried below, as one.
        return
    if path is None:
        yield bad(
            f"{setup.folder / setup_files.ENVIRONMENT} names no database.",
            "Put a line into it: MUSTER_DATABASE=/srv/muster/muster.db",
        )
        return
    yield from all_well(_unreachable(setup, path), f"{setup.user} can read and write {path}.")
    yield from _open_to_others(path)


def _unreachable(setup: Setup, path: Path) -> Iterator[Finding]:
    if not path.exists():
        named = setup.folder / setup_files.ENVIRONMENT
        yield bad(
            f"There is no database at {path}, which {named} names.",
            "Correct it there, or make one as that user: muster init --help",
        )
        return
    for target, how, why in (
        (path, "-r", "cannot read"),
        (path, "-w", "cannot write"),
        (path.parent, "-w", "cannot make files in"),
    ):
        done = as_user(setup.user, ["/usr/bin/test", how, str(target)])
        if done is None:
            yield hint(f"Whether {setup.user} can reach {target} was not checked.", "Only root can.")
            return
        if done.returncode:
            yield bad(f"{setup.user} {why} {target}.", f"chown -R {setup.user}: {path.parent}")
            return


def _open_to_others(path: Path) -> Iterator[Finding]:
    try:
        file, folder = path.stat().st_mode, path.parent.stat().st_mode
    except OSError:
        return
    if file & 0o006 and folder & 0o001:
        yield hint(f"Everybody on this machine can read {path}.", f"chmod o= {path.parent}")


def lookup(setup: Setup) -> Iterator[Finding]:
    """Whether the wrapper answers what sshd asks, as the user that asks, and how fast."""
    command = [str(setup.wrapper), "keys", setup.user, *STRANGER]
    times, busy = [], _busy_ms()
    for _ in range(ROUNDS):
        start = time.perf_counter()
        done = as_user(setup.user, command)
        times.append((time.perf_counter() - start) * 1000)
        if done is None:
            yield hint("The key lookup was not tried.", "Only root can, as the Unix user.")
            return
        if done.returncode or done.stdout:
            yield bad(f"The key lookup fails: {last_line(done)}.", f"Try: {' '.join(command[:2])} …")
            return
    yield _speed(setup, statistics.median(times), (_busy_ms() - busy) / ROUNDS)


def _busy_ms() -> float:
    """Milliseconds that processors have worked for the commands run so far."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return (used.ru_utime + used.ru_stime) * 1000


def _speed(setup: Setup, took: float, worked: float) -> Finding:
    most = SERVER_LOOKUP_MS if _is_on_server(setup) else LOOKUP_MS
    said = f"A key lookup takes {took:.0f} ms; {most} ms at most."
    if took < most:
        return good(said)
    if worked < most:
        return hint(f"{said} {worked:.0f} ms would do if nothing else ran: the machine is busy.")
    return bad(said, f"Compile the program: {setup.python} -m compileall -q {_installed()}")


def _is_on_server(setup: Setup) -> bool:
    return setup_files.is_on_server(setup_files.named_database(setup) or "")


def _installed() -> str:
    return f"{Path(setup_files.__file__).parent} {Path(database.__file__).parent}"
