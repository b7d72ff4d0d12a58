"""`muster ssh key` and `muster audit`, as an operator meets them."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from store import database
from store.models import AuditLine
from store.permissions import OPERATOR
from store.ssh import keys as ssh_keys
from tests.helpers.keys import block, ed25519, on, rsa
from tests.helpers.school import School
from tui.cli import cli

Muster = Callable[..., Result]


@pytest.fixture
def muster(school: School, noon: datetime, monkeypatch: pytest.MonkeyPatch) -> Muster:
    """Run a command on a school with Ana and Ben."""
    school.person("Ana Brandt")
    school.person("Ben Adé")
    monkeypatch.delenv("MUSTER_AS", raising=False)
    target = database.name()

    def run(*args: str, typed: str = "") -> Result:
        result = CliRunner().invoke(cli, [*args, "--database", target], input=typed)
        database.attach(target)
        return result

    return run


def test_a_key_is_added_listed_and_revoked(muster: Muster, tmp_path: Path) -> None:
    file = tmp_path / "id_ed25519.pub"
    file.write_text(f"\ufeff{ed25519()}\r\n", encoding="utf-8")
    added = muster("ssh", "key", "add", "--as", "Ana.Brandt@x.example", str(file), "--name", "lap\x1b[2Jtop")
    (key,) = ssh_keys.of_everybody(OPERATOR)
    assert added.output == f"added as number 1: lets in Ana Brandt, {key.fingerprint}\n"
    assert muster("ssh", "key", "add", "--as", "ben.adé@x.example", "-", typed=rsa(4096)).exit_code == 0
    listed = [line.split("\t") for line in muster("ssh", "key", "list").output.splitlines()]
    assert listed[1] == [
        "1",
        "Ana Brandt",
        "laptop",
        "ssh-ed25519",
        key.fingerprint,
        "2026-11-20 12:00",
        "",
        "",
        "",
    ]
    of_ben = muster("ssh", "key", "list", "--as", "ben.adé@x.example").output.splitlines()
    assert [line.split("\t") for line in of_ben] == [listed[0]]
    assert muster("ssh", "key", "revoke", key.fingerprint).output == (
        f"revoked: laptop of Ana Brandt, {key.fingerprint}\n"
    )
    assert muster("ssh", "key", "revoke", "2").exit_code == 0
    assert all(line.endswith("2026-11-20 12:00") for line in muster("ssh", "key", "list").output.splitlines())


def test_what_is_no_key_or_of_nobody_is_refused_and_nothing_is_written(
    muster: Muster, tmp_path: Path
) -> None:
    private = tmp_path / "id_ed25519"
    private.write_text("-----BEGIN OPENSSH PRIVATE KEY-----\n")
    asked = ("ssh", "key", "add", "--as", "ana.brandt@x.example")
    for result, told in (
        (muster(*asked, str(private)), "private key"),
        (muster(*asked, "-", typed=rsa(2048)), "3,072 at least"),
        (muster(*asked, "-", typed="x" * 100_000), "too long"),
        (
            muster("ssh", "key", "add", "--as", "nobody@x.example", "-", typed=ed25519()),
            "Nobody has the email",
        ),
        (muster("ssh", "key", "revoke", "7"), "No key has the number"),
    ):
        assert result.exit_code == 1
        assert told in str(result.exception)
    unnamed = muster("ssh", "key", "add", "-", typed=ed25519())
    assert (unnamed.exit_code, "--as EMAIL" in unnamed.output) == (2, True)
    assert muster(*asked, str(tmp_path / "absent.pub")).exit_code == 2
    assert ssh_keys.of_everybody(OPERATOR) == ()
    with database.reading():
        assert database.rows(AuditLine.select(AuditLine.id)) == []


def test_putty_s_key_is_read_in_whatever_way_windows_wrote_it_and_a_revoked_one_is_told(
    muster: Muster, tmp_path: Path
) -> None:
    asked = ("ssh", "key", "add", "--as", "ana.brandt@x.example")
    text = block(ed25519(), 'Comment: "my laptop"').replace("\n", "\r\n")
    for number, encoding in enumerate(("utf-8", "utf-8-sig", "utf-16", "utf-16-be"), 1):
        raw = text.encode(encoding)
        file = tmp_path / f"{encoding}.pub"
        file.write_bytes(b"\xfe\xff" + raw if encoding == "utf-16-be" else raw)
        result = muster(*asked, str(file))
        again = "; it was revoked on 2026-11-20" if number > 1 else ""
        assert result.output.startswith(f"added as number {number}: lets in Ana Brandt, SHA256:")
        assert result.output.endswith(f"{again}\n") and ("revoked" in result.output) is bool(again)
        assert muster("ssh", "key", "revoke", str(number)).exit_code == 0


SECRET = "-----BEGIN OPENSSH PRIVATE KEY-----\nc2VjcmV0\n-----END OPENSSH PRIVATE KEY-----\n"


def test_a_private_key_is_refused_as_that_and_said_nowhere(muster: Muster, tmp_path: Path) -> None:
    asked = ("ssh", "key", "add", "--as", "ana.brandt@x.example")
    wide = tmp_path / "id_ed25519"
    wide.write_bytes(SECRET.encode("utf-16"))
    good = tmp_path / "good.pub"
    good.write_text(ed25519())
    for result in (
        muster(*asked, str(wide)),
        muster(*asked, "-", typed=SECRET),
        muster(*asked, SECRET),
        muster(*asked, str(good), "--name", SECRET),
    ):
        said = result.output + str(result.exception)
        assert result.exit_code != 0
        assert "replace it" in said and "c2VjcmV0" not in said
    assert ssh_keys.of_everybody(OPERATOR) == ()
    with database.reading():
        assert database.rows(AuditLine.select(AuditLine.id)) == []


def test_the_log_is_printed_newest_last_with_key_and_address(muster: Muster, school: School) -> None:
    ana = on(1, address="192.0.2.7")
    ssh_keys.add(ana, ed25519(2), "phone\x07")
    fingerprint = ssh_keys.mine(ana)[1].fingerprint
    lines = [line.split("\t") for line in muster("audit").output.splitlines()]
    when = "2026-11-20 12:00:00"
    assert lines == [
        [when, "operator", "key.add", "Added the key “key 1” of Ana Brandt", "", ""],
        [when, "Ana Brandt", "session.start", "Signed in", fingerprint, "192.0.2.7"],
        [when, "Ana Brandt", "key.add", "Added the key “phone”", fingerprint, "192.0.2.7"],
    ]
    assert len(muster("audit", "--action", "KEY").output.splitlines()) == 2
    assert (
        len(muster("audit", "--person", "ana.brandt@x.example", "--action", "key").output.splitlines()) == 1
    )
    assert muster("audit", "--since", "2026-11-21").output == ""
    assert len(muster("audit", "--since", "1h").output.splitlines()) == 3
    told = [json.loads(line) for line in muster("audit", "--json").output.splitlines()]
    assert [one["id"] for one in told] == [1, 2, 3]
    assert (told[2]["after"]["name"], told[2]["before"], told[2]["at"]) == (
        "phone",
        None,
        "2026-11-20T12:00:00+00:00",
    )
    assert (told[2]["ssh_key"], told[2]["address"], len(told[2]["chain"])) == (fingerprint, "192.0.2.7", 64)


def test_what_others_broke_in_the_file_is_printed_as_it_stands_and_clean(muster: Muster) -> None:
    on(1)
    with database.writing():
        AuditLine.update(actor_name="\x1b[2Jred\nnext", before="{\x1b[2J").where(AuditLine.id == 1).execute()
    assert muster("audit").output.splitlines()[0].split("\t")[1] == "red next"
    assert "\x1b" not in muster("audit", "--json").output
    checked = muster("db", "check")
    assert checked.exit_code == 1
    assert "audit line 1 is not as it was written" in checked.output


@pytest.mark.parametrize("args", [("--since", "soon"), ("--since", ""), ("--since", "2026-02-30")])
def test_a_moment_that_is_none_is_a_fault_of_use(muster: Muster, args: tuple[str, ...]) -> None:
    result = muster("audit", *args)
    assert (result.exit_code, "say 7d" in result.output) == (2, True)
