"""Whether the sshd that is in use, or would be, has what it needs to let people in to Muster."""

from __future__ import annotations

import os
import socket
import tempfile
from collections.abc import Iterator, Sequence
from fnmatch import fnmatchcase
from pathlib import Path

from tui import ssh_files
from tui.ssh_files import Option, Setup
from tui.ssh_findings import Finding, all_well, bad, groups_of, hint, last_line, run, secret_of

MACHINE_CONFIG = Path("/etc/ssh/sshd_config")
TOGETHER = 30
"""How many may log in at the same moment before sshd turns some away, at least."""
# Addresses that documents may use (RFC 5737): sshd asks for some when it tells what holds for whom.
FROM = "host=client.example,addr=192.0.2.1,laddr=192.0.2.2,lport={port}"


def drop_in(setup: Setup) -> Iterator[Finding]:
    """Whether the machine's sshd would take the drop-in, and what then held for the Unix user."""
    with tempfile.TemporaryDirectory() as folder:
        config = Path(folder) / "sshd_config"
        included = [f"Include {setup.folder / ssh_files.DROP_IN}"]
        included += [f"Include {MACHINE_CONFIG}"] if MACHINE_CONFIG.exists() else []
        config.write_text("\n".join(included) + "\n", encoding="utf-8")
        yield from _sshd_with(setup, config, "The machine's sshd with the drop-in")


def in_use(setup: Setup, config: Path | None = None) -> Iterator[Finding]:
    """Whether the sshd that is in use has what it needs."""
    if config is not None:
        yield from _sshd_with(setup, config, f"sshd with {config}")
        return
    is_own, is_in = ssh_files.UNIT_PLACE.exists(), ssh_files.DROP_IN_PLACE.exists()
    if is_own:
        yield from _sshd_with(setup, setup.folder / ssh_files.OWN_CONFIG, "The sshd of its own")
        yield from _listening(setup)
    if is_in:
        yield from _sshd_with(setup, MACHINE_CONFIG, "The machine's sshd")
    if not is_own and not is_in:
        yield bad("No sshd knows of Muster yet.", "muster ssh setup shows the commands, for one of two ways.")


def _listening(setup: Setup) -> Iterator[Finding]:
    with socket.socket() as caller:
        caller.settimeout(2)
        if caller.connect_ex(("127.0.0.1", setup.port)) != 0:
            yield hint(
                f"Nothing listens on port {setup.port} of this machine itself.",
                f"systemctl start {ssh_files.UNIT_PLACE.stem}",
            )


def _sshd_with(setup: Setup, config: Path, called: str) -> Iterator[Finding]:
    if not Path(ssh_files.sshd()).exists():
        yield bad("There is no sshd here.", "Install it: apt install openssh-server")
        return
    if os.geteuid() != 0:
        yield hint(f"{called} was not looked at.", "Only root can: it reads the host's keys.")
        return
    tested = run([ssh_files.sshd(), "-t", "-f", str(config)])
    if tested.returncode != 0:
        yield bad(f"{called} does not start: {last_line(tested)}.", "OpenSSH 9.2 or newer is needed.")
        return
    found = _effective(setup, config)
    yield from all_well(strange_options(setup, found), f"{called} has what {setup.user} needs.")
    yield from hints(found)


def _effective(setup: Setup, config: Path) -> dict[str, str]:
    """What holds for the Unix user: names in small letters, and their values."""
    seen = f"user={setup.user}," + FROM.format(port=setup.port)
    done = run([ssh_files.sshd(), "-T", "-f", str(config), "-C", seen])
    found: dict[str, str] = {}
    for line in done.stdout.splitlines():
        name, _, value = line.partition(" ")
        found[name] = f"{found[name]} {value}" if name in found else value
    return found


def strange_options(setup: Setup, found: dict[str, str]) -> Iterator[Finding]:
    """What holds for the Unix user and should not; `found` has sshd's names in small letters."""
    asks, command = found.get("authorizedkeyscommand"), f"{setup.wrapper} keys %u %f %t %k"
    if asks != command:
        yield bad(
            f"sshd does not ask Muster whose a key is: AuthorizedKeysCommand is {asks}.",
            f"Put {ssh_files.DROP_IN} where sshd's Include reads it, before other Match blocks.",
        )
        return
    for option in (*ssh_files.options(setup), Option("PermitUserEnvironment", "no", "")):
        is_value = found.get(option.name.lower(), "not known to this sshd")
        if is_value.split() == option.value.split():
            continue
        is_off = is_value in ("0", "none", "QUIET")
        said = f"{option.name} is {is_value}, and should be {option.value}."
        yield hint(said) if option.is_taste and not is_off else bad(said)
    yield from _kept_out(setup, found)


def _kept_out(setup: Setup, found: dict[str, str]) -> Iterator[Finding]:
    """Lists in the machine's configuration that would not let the user in."""
    groups = [str(number) for number in groups_of(setup.user)] + _group_names(setup.user)
    for name, theirs in (("denyusers", [setup.user]), ("denygroups", groups)):
        if _any_fits(theirs, found.get(name, "")):
            yield bad(f"{name} in sshd's configuration keeps {setup.user} out.")
    allowed = found.get("allowgroups", "")
    if allowed and not _any_fits(groups, allowed):
        yield bad(f"allowgroups in sshd's configuration has no group of {setup.user}: {allowed}.")
    secret = secret_of(setup.user) or ""
    if secret.startswith("!") and found.get("usepam") == "no":
        yield bad(
            f"{setup.user} is locked, which keeps it out where UsePAM is no.", f"usermod -p '*' {setup.user}"
        )


def _any_fits(names: Sequence[str], patterns: str) -> bool:
    return any(fnmatchcase(name, pattern) for name in names for pattern in patterns.split())


def _group_names(name: str) -> list[str]:
    return run(["id", "-Gn", name]).stdout.split()


def hints(found: dict[str, str]) -> Iterator[Finding]:
    """What could be better in what holds for the Unix user."""
    together = found.get("maxstartups", "10:30:100")
    if int(together.partition(":")[0]) < TOGETHER:
        yield hint(
            f"MaxStartups {together}: when more than {together.partition(':')[0]} log in at the same moment, "
            "some are turned away.",
            "For many mentors put this outside Match: MaxStartups 60:30:200",
        )
    if "subsystem" in found:
        yield hint("The machine offers a Subsystem; the wrapper runs instead of it, and refuses it.")
