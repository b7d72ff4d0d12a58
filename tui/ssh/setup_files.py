"""The files that let people in over SSH, as `muster ssh setup` writes them."""

from __future__ import annotations

import hashlib
import os
import pwd
import re
import shlex
import shutil
import sys
from pathlib import Path
from typing import NamedTuple

from store import told_changes
from store.engines import SERVERS
from store.errors import InvalidError
from store.files import create_private, passing_name

FOLDER = Path("/etc/muster")
USER = "muster"
HOME = Path("/srv/muster")
PORT = 2222
WRAPPER, ENVIRONMENT, DROP_IN, OWN_CONFIG, UNIT, TMPFILES, LISTENER, SYNC = (
    "muster",
    "environment",
    "sshd-dropin.conf",
    "sshd_config",
    "muster-sshd.service",
    "tmpfiles.conf",
    "muster-listen.service",
    "muster-sync.service",
)
DROP_IN_PATH = Path("/etc/ssh/sshd_config.d/muster.conf")
UNITS = Path("/etc/systemd/system")
UNIT_PATH, LISTENER_PATH, SYNC_PATH = UNITS / UNIT, UNITS / LISTENER, UNITS / SYNC
SYNC_SECONDS = 300
DATABASE, DIRECT = "MUSTER_DATABASE", "MUSTER_DIRECT"
"""Variables of the environment file: where sessions find the database, and where the listener does, if that
is elsewhere.
"""
TMPFILES_PATH = Path("/etc/tmpfiles.d/muster.conf")
ACCEPT_ENV = "AcceptEnv"
_STAMP = "# As muster ssh setup wrote it ({}). Once changed by hand it is kept."
_PLAIN = re.compile(r"/[A-Za-z0-9/._+-]*")
LOOKUP = "import sys; sys.path.append(sys.argv.pop(1)); from tui.ssh import key_lookup; key_lookup.answer()"
"""What Python runs without site-packages: it starts sooner so, and has to be told where Muster is."""


class Setup(NamedTuple):
    """What the files depend on: their folder, the Unix user, the Python that has Muster, the port of an sshd
    of its own.
    """

    folder: Path = FOLDER
    user: str = USER
    python: str = sys.executable
    port: int = PORT
    direct: str = ""
    """Where the listener finds the database, if sessions go through a pooler."""
    sync: bool = False
    """Whether linked sites are synced on this host, by a unit of its own."""

    def checked(self) -> Setup:
        """This, with the whole path of the folder. Raises InvalidError for what sshd could not read."""
        folder = self.folder.absolute()
        if not _PLAIN.fullmatch(str(folder)):
            raise InvalidError(f"{folder}: only letters, digits and . _ + - may be in its path, for sshd.")
        if not re.fullmatch(r"[a-z_][a-z0-9_-]{0,31}", self.user):
            raise InvalidError(f"“{self.user}” is no name for a Unix user. The usual one is {USER}.")
        return self._replace(folder=folder)

    def command(self, verb: str) -> str:
        """What one types to do something with this set-up: with the options that are not the usual ones."""
        options = (("dir", self.folder, FOLDER), ("user", self.user, USER), ("port", self.port, PORT))
        named = (f" --{name} {value}" for name, value, usual in options if value != usual)
        return f"muster ssh {verb}{''.join(named)}"

    @property
    def wrapper(self) -> Path:
        """What sshd runs."""
        return self.folder / WRAPPER

    @property
    def changes(self) -> Path:
        """Where the listener tells sessions that somebody changed something."""
        name = self.folder.name
        return Path("/run", name if name.startswith(USER) else f"{USER}-{name}", "changes")

    @property
    def home(self) -> Path:
        """The home of the Unix user, or where it will be."""
        try:
            return Path(pwd.getpwnam(self.user).pw_dir)
        except KeyError:
            return HOME


class SshdOption(NamedTuple):
    """An option of sshd: its value, and why so. What `is_taste` may be set otherwise, but not turned off."""

    name: str
    value: str
    why: str
    is_taste: bool = False


class File(NamedTuple):
    """A file in the folder: its name, what it is for, who may read it, what stands in it."""

    name: str
    why: str
    mode: int
    text: str
    for_user: bool = False
    """Whether the Unix user's group has it, rather than root's."""


def sshd() -> str:
    """The program."""
    return shutil.which("sshd", path="/usr/sbin:/usr/local/sbin:/sbin:/usr/bin") or "/usr/sbin/sshd"


# ----------------------------------------------------------------------- for sshd


def options(setup: Setup) -> tuple[SshdOption, ...]:
    """What has to hold for the Unix user; sshd takes each of these inside Match."""
    return (
        SshdOption("AllowUsers", setup.user, "It may come in, whomever else a list on this machine names."),
        SshdOption("PubkeyAuthentication", "yes", "By a key, and by nothing else."),
        SshdOption("AuthenticationMethods", "publickey", ""),
        SshdOption(
            "AuthorizedKeysFile", "none", "Muster knows the keys: they are in no file, and nobody signs them."
        ),
        SshdOption("AuthorizedKeysCommand", f"{setup.wrapper} keys %u %f %t %k", ""),
        SshdOption("AuthorizedKeysCommandUser", setup.user, ""),
        SshdOption("TrustedUserCAKeys", "none", ""),
        SshdOption("ForceCommand", "none", "What is run stands with the key; nothing may come before it."),
        SshdOption("ChrootDirectory", "none", ""),
        SshdOption("PermitTTY", "yes", "The screens need a terminal. Nothing is forwarded."),
        SshdOption("DisableForwarding", "yes", ""),
        SshdOption(
            "X11Forwarding", "no", "Said again: before OpenSSH 10 the line above leaves out these two."
        ),
        SshdOption("AllowAgentForwarding", "no", ""),
        SshdOption("PermitTunnel", "no", ""),
        SshdOption("PermitUserRC", "no", "Nothing of a home is run."),
        SshdOption("MaxSessions", "1", "One session a connection; one without any is closed."),
        SshdOption("UnusedConnectionTimeout", "30", "", is_taste=True),
        SshdOption(
            ACCEPT_ENV,
            "COLORTERM NO_COLOR LANG LC_*",
            "Colours and language of the client's terminal, no more.",
        ),
        SshdOption(
            "ClientAliveInterval",
            "15",
            "A dead line is taken down. Muster notices sooner, and sshd where the terminal answers nothing.",
            is_taste=True,
        ),
        SshdOption("ClientAliveCountMax", "2", "", is_taste=True),
        SshdOption(
            "LogLevel", "VERBOSE", "Each key that is refused is logged, with the address.", is_taste=True
        ),
    )


def _of_the_whole(setup: Setup) -> tuple[SshdOption, ...]:
    """What an sshd of its own has besides: sshd takes most of these outside Match only."""
    return (
        SshdOption("Port", str(setup.port), "Beside the machine's own sshd. The host's keys are the same."),
        SshdOption("PidFile", "none", ""),
        SshdOption("UsePAM", "yes", "Sessions are known to systemd. Nobody has a password to try."),
        SshdOption("PasswordAuthentication", "no", ""),
        SshdOption("KbdInteractiveAuthentication", "no", ""),
        SshdOption("PermitRootLogin", "no", ""),
        SshdOption("PermitUserEnvironment", "no", "No environment from a file in a home."),
        SshdOption("PrintMotd", "no", ""),
        SshdOption("LoginGraceTime", "30", "Room for many who log in at once, not for who only waits."),
        SshdOption("MaxStartups", "60:30:200", ""),
    )


def _lines(wanted: tuple[SshdOption, ...], indent: str) -> str:
    lines = []
    for option in wanted:
        if option.why:
            lines.append(f"{indent}# {option.why}")
        lines.append(f"{indent}{option.name} {option.value}")
    return "\n".join(lines)


def _drop_in(setup: Setup) -> str:
    return f"""\
# Muster over SSH, in the machine's own sshd: cp {setup.folder / DROP_IN} {DROP_IN_PATH}
# PermitUserEnvironment, which has to be "no" as it is by default, stands outside Match: see sshd_config.
Match User {setup.user}
{_lines(options(setup), "    ")}
"""


def _own_config(setup: Setup) -> str:
    return f"""\
# Muster over SSH, in an sshd of its own: {UNIT} starts it. There is no Subsystem in it: no sftp, no scp.
{_lines((*_of_the_whole(setup), *options(setup)), "")}
"""


def _unit(setup: Setup) -> str:
    config = setup.folder / OWN_CONFIG
    return f"""\
# An sshd of its own for Muster: cp {setup.folder / UNIT} {UNIT_PATH}
[Unit]
Description=Muster over SSH
Documentation=man:sshd(8)
After=network.target

[Service]
ExecStartPre={sshd()} -t -f {config}
ExecStart={sshd()} -D -f {config}
ExecReload={sshd()} -t -f {config}
ExecReload=/bin/kill -HUP $MAINPID
# Who is on stays on while this is started anew.
KillMode=process
Restart=on-failure
RestartPreventExitStatus=255
# The empty folder that sshd locks its unprivileged half into; others use it too.
RuntimeDirectory=sshd
RuntimeDirectoryPreserve=yes

[Install]
WantedBy=multi-user.target
"""


# ---------------------------------------------------------------- for the others


def _wrapper(setup: Setup) -> str:
    python = shlex.quote(setup.python)
    installed = shlex.quote(str(Path(__file__).parents[2]))
    # The environment file is read by a shell that has nothing of the client's any more, and by no command's
    # arguments: what `ps` shows has no password in it.
    return f"""\
#!/bin/sh
# What sshd runs: "keys" tells whose key it is, "session" is for whoever came in by one.
set -eu
umask 077
verb=${{1:-}}
[ "$#" = 0 ] || shift
with_environment='set -a; . "$0"; exec "$@"'
case $verb in
keys)
    # Nothing else that is installed is needed. With another Python, Muster may be elsewhere by now.
    installed={installed}
    if [ -e "$installed/tui/ssh/key_lookup.py" ]; then
        set -- -IS -c '{LOOKUP}' "$installed" "$@"
    else
        set -- -I -m tui.ssh.key_lookup "$@"
    fi
    exec /usr/bin/env -i HOME="${{HOME:-/}}" MUSTER_WRAPPER={setup.wrapper} \\
        /bin/sh -c "$with_environment" {setup.folder / ENVIRONMENT} \\
        {python} "$@"
    ;;
session)
    exec /usr/bin/env -i HOME="${{HOME:-/}}" TERM="${{TERM:-}}" COLORTERM="${{COLORTERM:-}}" \\
        ${{NO_COLOR:+NO_COLOR=1}} \\
        LANG="${{LANG:-C.UTF-8}}" LC_ALL="${{LC_ALL:-}}" LC_COLLATE="${{LC_COLLATE:-}}" \\
        LC_CTYPE="${{LC_CTYPE:-}}" LC_MESSAGES="${{LC_MESSAGES:-}}" LC_MONETARY="${{LC_MONETARY:-}}" \\
        LC_NUMERIC="${{LC_NUMERIC:-}}" LC_TIME="${{LC_TIME:-}}" \\
        SSH_CONNECTION="${{SSH_CONNECTION:-}}" SSH_ORIGINAL_COMMAND="${{SSH_ORIGINAL_COMMAND:-}}" \\
        /bin/sh -c "$with_environment" {setup.folder / ENVIRONMENT} \\
        {python} -I -m tui session "$@"
    ;;
*)
    echo "muster: sshd runs this; see muster ssh setup" >&2
    exit 2
    ;;
esac
"""


def _environment(setup: Setup, database: str) -> str:
    values = {DATABASE: database}
    if is_on_server(database):
        values |= {DIRECT: setup.direct} if setup.direct else {}
        values |= {told_changes.VARIABLE: str(setup.changes)}
    lines = "".join(f"{name}={shlex.quote(value)}\n" for name, value in values.items())
    return f"""\
# Read by the wrapper, as sh reads it. Only root and the user that sshd runs Muster as may see it.
{lines}"""


def is_on_server(database: str) -> bool:
    """Whether a database that is named so is on a server."""
    return database.partition(":")[0].lower() in SERVERS


def _listener(setup: Setup) -> str:
    return f"""\
# Tells this host's sessions of changes: cp {setup.folder / LISTENER} {LISTENER_PATH}
[Unit]
Description=Muster listener
Wants=network-online.target
After=network-online.target postgresql.service

[Service]
User={setup.user}
ExecStart={setup.python} -I -m tui ssh listen --dir {setup.folder}
# Its folder goes with it: sessions ask the server themselves then.
RuntimeDirectory={setup.changes.parent.name}
Restart=on-failure
RestartSec=5
NoNewPrivileges=yes
ProtectSystem=strict
PrivateTmp=yes

[Install]
WantedBy=multi-user.target
"""


def _sync(setup: Setup) -> str:
    # A sync has a lock as long as its connection lasts: it goes past a pooler.
    database = f'"$${{{DIRECT}:-$${DATABASE}}}"'
    return f"""\
# Syncs linked sites, on the one host that has their tokens: cp {setup.folder / SYNC} {SYNC_PATH}
[Unit]
Description=Muster sync
Wants=network-online.target
After=network-online.target postgresql.service

[Service]
User={setup.user}
UMask=0077
EnvironmentFile={setup.folder / ENVIRONMENT}
ExecStart=/bin/sh -c '{DATABASE}={database} exec {setup.python} -I -m tui sync --watch {SYNC_SECONDS}'
Restart=on-failure
RestartSec=60
NoNewPrivileges=yes
ProtectSystem=full
PrivateTmp=yes

[Install]
WantedBy=multi-user.target
"""


def _tmpfiles(setup: Setup) -> str:
    return f"""\
# For systemd-tmpfiles: cp {setup.folder / TMPFILES} {TMPFILES_PATH}
# Reports written in a session go after a week; sshd needs its empty folder though no other sshd is started.
d {setup.home}/reports 0700 {setup.user} {setup.user} 7d
d /run/sshd 0755 root root -
"""


def files(setup: Setup, database: str) -> tuple[File, ...]:
    """All of them, in the order in which one would read them."""
    made: tuple[File, ...] = (
        File(WRAPPER, "What sshd runs: with nothing of the client's environment.", 0o755, ""),
        File(ENVIRONMENT, "Where the database is, for the wrapper.", 0o640, "", for_user=True),
        File(DROP_IN, "For the machine's own sshd: what holds for this one user.", 0o644, ""),
        File(OWN_CONFIG, "For an sshd of its own, where the machine's is to stay as it is.", 0o644, ""),
        File(UNIT, "Starts that sshd of its own, with systemd.", 0o644, ""),
        File(TMPFILES, "Folders that have to be there, and when what is in them goes.", 0o644, ""),
    )
    texts: tuple[str, ...] = (
        _wrapper(setup),
        _environment(setup, database),
        _drop_in(setup),
        _own_config(setup),
        _unit(setup),
        _tmpfiles(setup),
    )
    if is_on_server(database):
        made += (File(LISTENER, "Starts what tells sessions that somebody changed something.", 0o644, ""),)
        texts += (_listener(setup),)
    if setup.sync:
        made += (File(SYNC, "Starts what brings work in from linked sites and sends reviews.", 0o644, ""),)
        texts += (_sync(setup),)
    return tuple(file._replace(text=_stamped(text)) for file, text in zip(made, texts, strict=True))


def steps(setup: Setup, database: str = "") -> tuple[tuple[str, tuple[str, ...]], ...]:
    """What is left to do as root: what for, and the commands."""
    folder, user, home = setup.folder, setup.user, setup.home
    listen = (
        "The listener, without which each session asks the server every second:",
        (f"cp {folder / LISTENER} {LISTENER_PATH}", *start_unit(LISTENER)),
    )
    sync = (
        "The sync, on the one host that has the tokens of sites (see muster site add):",
        (f"cp {folder / SYNC} {SYNC_PATH}", *start_unit(SYNC)),
    )
    return (
        (
            "The Unix user. It has no password; its shell runs the wrapper, and is given to nobody:",
            (
                f"useradd --system --user-group --home-dir {home} --shell /bin/sh --password '*' {user}",
                f"install -d -o {user} -g {user} -m 0750 {home}",
            ),
        ),
        (
            "Either with the machine's own sshd:",
            (f"cp {folder / DROP_IN} {DROP_IN_PATH}", "sshd -t && systemctl reload ssh"),
        ),
        (
            f"or with an sshd of its own, on port {setup.port}:",
            (f"cp {folder / UNIT} {UNIT_PATH}", *start_unit(UNIT)),
        ),
        (
            "Folders, and their cleaning:",
            (f"cp {folder / TMPFILES} {TMPFILES_PATH}", f"systemd-tmpfiles --create {TMPFILES_PATH}"),
        ),
        *((listen,) if is_on_server(database) else ()),
        *((sync,) if setup.sync else ()),
    )


def start_unit(unit: str) -> tuple[str, ...]:
    """How a unit is started, now and with the machine."""
    return "systemctl daemon-reload", f"systemctl enable --now {unit}"


# ---------------------------------------------------------------------- writing


def _stamped(text: str) -> str:
    return text + _STAMP.format(_digest(text)) + "\n"


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def is_edited(text: str) -> bool:
    """Whether a file's text is not as some `muster ssh setup` wrote it."""
    lines = text.splitlines(keepends=True)
    return not lines or lines[-1] != _STAMP.format(_digest("".join(lines[:-1]))) + "\n"


def is_of_this_installation(setup: Setup, wrapper: str) -> bool:
    """Whether a wrapper's text, of whatever version, runs this Python and reads this folder."""
    runs = f" {shlex.quote(setup.python)} -I -m tui session "
    return runs in wrapper and f" {setup.folder / ENVIRONMENT} " in wrapper


def is_quick(wrapper: str) -> bool:
    """Whether a wrapper's text looks up keys without site-packages."""
    return " -IS " in wrapper


def environment(setup: Setup) -> dict[str, str]:
    """What the environment file says, if there is one; without what is not Muster's."""
    try:
        text = (setup.folder / ENVIRONMENT).read_text(encoding="utf-8")
    except FileNotFoundError:
        return {}
    found = {}
    for line in text.splitlines():
        name, is_set, value = line.strip().removeprefix("export ").partition("=")
        if name.startswith("MUSTER_") and is_set:
            found[name] = "".join(shlex.split(value, comments=True))
    return found


def named_database(setup: Setup) -> str | None:
    """The database that the environment file names, if there is one and it names one."""
    return environment(setup).get(DATABASE)


def write(setup: Setup, file: File, *, force: bool) -> str:
    """Put a file into the folder; returns what became of it, in a word or a few.

    One that was changed by hand is kept unless `force`.
    """
    path = setup.folder / file.name
    was = path.read_text(encoding="utf-8", errors="replace") if path.exists() else None
    if was is not None and was != file.text and is_edited(was) and not force:
        return "kept: changed by hand (--force rewrites it)"
    setup.folder.mkdir(mode=0o755, parents=True, exist_ok=True)
    draft = passing_name(path)
    with create_private(draft) as out:
        out.write(file.text)
        if os.geteuid() == 0:
            os.fchown(out.fileno(), 0, _group(setup) if file.for_user else 0)
        os.fchmod(out.fileno(), file.mode)
    draft.replace(path)
    return "as it was" if was == file.text else "written"


def _group(setup: Setup) -> int:
    try:
        return pwd.getpwnam(setup.user).pw_gid
    except KeyError:
        # Root's until there is such a user: the checks say so.
        return 0
