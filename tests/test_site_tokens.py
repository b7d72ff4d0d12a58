"""Where tokens of sites are kept, and where not."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from store.errors import InvalidError
from store.sites import tokens

SITE, OTHER = "https://moodle.example", "https://other.example"


@pytest.fixture(autouse=True)
def token_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    file = tmp_path / "settings" / "tokens.json"
    monkeypatch.setenv(tokens.FILE_VARIABLE, str(file))
    monkeypatch.delenv(tokens.VARIABLE, raising=False)
    return file


def test_a_token_is_kept_for_its_own_site_in_a_file_of_its_owner(token_file: Path) -> None:
    tokens.keep(SITE, " abc123 ")
    tokens.keep(OTHER, "zzz")

    assert tokens.find(SITE, alone=False) == "abc123"
    assert stat.S_IMODE(token_file.stat().st_mode) == 0o600
    assert tokens.forget(SITE) and not tokens.forget(SITE)
    assert tokens.find(SITE, alone=False) is None
    assert tokens.find(OTHER, alone=False) == "zzz"
    assert [file.name for file in token_file.parent.iterdir()] == ["tokens.json"]


def test_the_token_of_the_environment_goes_to_the_only_site_and_to_no_other(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv(tokens.VARIABLE, "fromenv")

    assert tokens.find(SITE, alone=True) == "fromenv"
    assert tokens.find(SITE, alone=False) is None
    tokens.keep(SITE, "kept")
    assert tokens.find(SITE, alone=True) == "kept"


def test_a_file_that_others_may_read_is_refused(token_file: Path) -> None:
    tokens.keep(SITE, "abc123")
    token_file.chmod(0o640)

    with pytest.raises(InvalidError, match="chmod 600") as refused:
        tokens.find(SITE, alone=True)
    assert "abc123" not in str(refused.value)


@pytest.mark.parametrize("broken", ["{", '["abc123"]', '{"https://moodle.example": 7}', "\x00"])
def test_a_file_that_is_no_list_of_tokens_is_refused_without_telling_what_is_in_it(
    token_file: Path, broken: str
) -> None:
    token_file.parent.mkdir()
    token_file.write_text(broken)
    token_file.chmod(0o600)

    with pytest.raises(InvalidError, match="cannot be read as a list of tokens") as refused:
        tokens.find(SITE, alone=True)
    assert "abc123" not in str(refused.value)


@pytest.mark.parametrize("typed", ["", "  ", "two words", "x" * 5_000, "ключ", "a\nb"])
def test_what_is_no_token_is_refused(typed: str) -> None:
    with pytest.raises(InvalidError):
        tokens.keep(SITE, typed)
