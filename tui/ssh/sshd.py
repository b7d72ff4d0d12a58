"""Whether the sshd that is in use, or would be, has what it needs to let people in to Muster."""

from __future__ import annotations

import os
import socket
import tempfile
from collections.abc import Iterator, Sequence
from fnmatch import fnmatchcase
from pathlib import Path

from tui.ssh import setup_files
from tui.ssh.findings import Finding, all_well, bad, first_line, good, groups_of, hint, run, shadow_of
from tui.ssh.setup_files import Setup, SshdOption

MACHINE_CONFIG = Path("/etc/ssh/sshd_config")
TOGETHER = 30
"""How many may log in at the same moment before sshd turns some away, at least."""
# Addresses that documents may use (RFC 5737): sshd asks for some when it tells what holds for whom.
FROM = "host=client.example,addr=192.0.2.1,laddr=192.0.2.2,lport={port}"


ANSWER_SECONDS = 5
REMEDIES = {
    # As sshd puts it; it wants that folder even to look at its configuration.
    "privilege separation directory": "Make it: install -d -m 0755 /run/sshd",
    "no hostkeys": "Make them: ssh-keygen -A",
    "configuration option": "OpenSSH 9.2 or newer is needed.",
}
"""What to do about what sshd says when it does not start."""


def drop_in(setup: Setup) -> Iterator[Finding]:
    """Whether the machine's sshd would take the drop-in, and what then held for the Unix user."""
    with tempfile.TemporaryDirectory() as folder:
        config = Path(folder) / "sshd_config"
        included = [f"Include {setup.folder / setup_files.DROP_IN}"]
        included += [f"Include {MACHINE_CONFIG}"] if MACHINE_CONFIG.exists() else []
        config.write_text("\n".join(included) + "\n", encoding="utf-8")
        yield from _sshd_with(setup, config, "The machine's sshd with the drop-in")


def in_use(setup: Setup, config: Path | None = None) -> Iterator[Finding]:
    """Whether the sshd that is in use has what it needs, and listens."""
    if config is not None:
        yield from _sshd_with(setup, config, f"sshd with {config}", f"{setup_files.sshd()} -f {config}")
        return
    is_own, is_in = setup_files.UNIT_PATH.exists(), setup_files.DROP_IN_PATH.exists()
    if is_own:
        start = f"systemctl start {setup_files.UNIT_PATH.stem}"
        yield from _sshd_with(setup, setup.folder / setup_files.OWN_CONFIG, "The sshd of its own", start)
    if is_in:
        yield from _sshd_with(setup, MACHINE_CONFIG, "The machine's sshd", "systemctl start ssh")
    if not is_own and not is_in:
        to_do = f"{setup.command('setup')} shows the commands, for one of two ways."
        yield bad("No sshd is set up for Muster yet.", to_do)


def listening(found: dict[str, str], called: str, start: str) -> Iterator[Finding]:
    """Whether an sshd answers at one of the addresses that its configuration has."""
    addresses = found.get("listenaddress", "").split()
    if any(map(_answers, addresses)):
        yield good(f"{called} listens on {' and '.join(addresses)}.")
    else:
        yield bad(
            f"{called} does not run: nothing answers on {' or '.join(addresses)}.", f"Start it: {start}"
        )


def _answers(path: str) -> bool:
    host, _, port = path.rpartition(":")
    here = {"0.0.0.0": "127.0.0.1", "[::]": "::1"}.get(host, host.strip("[]"))
    try:
        with socket.create_connection((here, int(port)), timeout=ANSWER_SECONDS) as caller:
            # One that has too many callers says so instead.
            return caller.recv(8).startswith((b"SSH-", b"Exceeded"))
    except (OSError, ValueError):
        return False


def _sshd_with(setup: Setup, config: Path, called: str, start: str = "") -> Iterator[Finding]:
    """What is wrong with an sshd; with the command to `start` it, also that it does not run."""
    if not Path(setup_files.sshd()).exists():
        yield bad("There is no sshd here.", "Install it: apt install openssh-server")
        return
    if os.geteuid() != 0:
        yield hint(f"{called} was not checked.", "Only root can: it reads the host's keys.")
        return
    tested = run([setup_files.sshd(), "-t", "-f", str(config)])
    if tested.returncode != 0:
        yield _does_not_start(called, first_line(tested))
        return
    found = _effective(setup, config)
    yield from all_well(strange_options(setup, found), f"{called} has what {setup.user} needs.")
    yield from hints(found)
    if start:
        yield from listening(found, called, start)


def _does_not_start(called: str, said: str) -> Finding:
    to_do = next((to_do for words, to_do in REMEDIES.items() if words in said.casefold()), "")
    return bad(f"{called} does not start: {said}.", to_do)


def _effective(setup: Setup, config: Path) -> dict[str, str]:
    """What holds for the Unix user: names in small letters, and their values."""
    seen = f"user={setup.user}," + FROM.format(port=setup.port)
    done = run([setup_files.sshd(), "-T", "-f", str(config), "-C", seen])
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
            f"Put {setup_files.DROP_IN} where sshd's Include reads it, before other Match blocks.",
        )
        return
    for option in (*setup_files.options(setup), SshdOption("PermitUserEnvironment", "no", "")):
        if option.name == setup_files.ACCEPT_ENV:
            yield from _accepted(option, found.get(option.name.lower(), ""))
            continue
        is_value = found.get(option.name.lower(), "not known to this sshd")
        if is_value.split() == option.value.split():
            continue
        is_off = is_value in ("0", "none", "QUIET")
        said = f"{option.name} is {is_value}, and should be {option.value}."
        yield hint(said) if option.is_taste and not is_off else bad(said)
    yield from _kept_out(setup, found)


def _accepted(option: SshdOption, accepted: str) -> Iterator[Finding]:
    """What the client may send: more of it could change what is run, less leaves colours as they are."""
    wanted, taken = option.value.split(), accepted.split()
    if {*taken} - {*wanted}:
        yield bad(f"{option.name} is {accepted}, and should be {option.value}.")
    elif missing := [name for name in wanted if name not in taken]:
        yield hint(f"{option.name} is {accepted}, and should be {option.value}: {' '.join(missing)} is lost.")


def _kept_out(setup: Setup, found: dict[str, str]) -> Iterator[Finding]:
    """Lists in the machine's configuration that would not let the user in."""
    groups = [str(number) for number in groups_of(setup.user)] + _group_names(setup.user)
    for name, theirs in (("denyusers", [setup.user]), ("denygroups", groups)):
        if _any_fits(theirs, found.get(name, "")):
            yield bad(f"{name} in sshd's configuration keeps {setup.user} out.")
    allowed = found.get("allowgroups", "")
    if allowed and not _any_fits(groups, allowed):
        yield bad(f"allowgroups in sshd's configuration has no group of {setup.user}: {allowed}.")
    shadow = shadow_of(setup.user)
    if shadow is not None and shadow.secret.startswith("!") and found.get("usepam") == "no":
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
