"""What the first page of each screen costs in the store, in accounts of 1,000 to 100,000 groups.

    python -m tests.bench.bench_scale FOLDER
    python -m tests.bench.bench_scale FOLDER --sizes demo S M L --old PATH --only "queue"
    python -m tests.bench.bench_scale FOLDER --sizes M --postgresql URL

The databases are made in FOLDER and used again; the demo's school is one of them. CPU milliseconds of the
thread that reads, the best of some rounds; beside them a hand-written SELECT of the same rows, at the last
size. `--old` names a checkout of an earlier version with its environment in `.venv`: it is measured on a
database of its own, made for it. With `--postgresql` the last size is copied into an empty database of a
server of this machine, unless it is there, and measured there instead: CPU of the program and the server.
"""

from __future__ import annotations

import argparse
import io
import json
import math
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any

if __package__ in (None, ""):
    # An earlier version runs this file with its own store.
    sys.path.insert(0, str(Path(__file__).parents[2]))
    sys.path.insert(0, os.environ.get("BENCH_STORE", str(Path(__file__).parents[2])))

from store import courses, database, digest, group_tree, groups, members, needs, overview, people, reports

from store import account, activity, demo, signing_in  # isort: skip
from store.errors import MusterError  # isort: skip
from store.models import Group, User  # isort: skip
from store.views import Actor
from tests.bench import big_account, raw_pages

GOAL, WIDE_GOAL, DEMO_GOAL, GROWTH = 10.0, 20.0, 5.0, 0.3
"""CPU milliseconds of a first page; of the overview and by need; on the demo; the exponent of growth."""
SERVER_GOAL, SERVER_ROUNDS = 30.0, 5
"""Milliseconds of a first page on a server, and rounds of which the best counts. The goal is for the clock on
the wall, which tells nothing where other programs use the processors: CPU is the least that it can be.
"""
WIDE = ("group overview", "group by need")
DEMO, RAW = "demo", "SQL of "
SAME_SIZE = ("leader of 785", "leader of 50", "mentor of 12")
"""Those whose own part is as large in each account."""
LINES = ("age:>7d", "course:python", "person:ana", "group:team", "draft:yes", "attempt:1", "essay")
STATES = ("state:returned", "state:failed")
Read = Callable[[], Any]


def _queue() -> tuple[Any, Any]:
    """The queue and its view, which earlier versions have under other names."""
    try:
        from store.queue import queue  # noqa: PLC0415
        from store.views.queue import QueueView  # noqa: PLC0415
    except ImportError:
        from store import queue  # type: ignore[no-redef]  # noqa: PLC0415
        from store.views.queue import QueueLook as QueueView  # type: ignore[no-redef,attr-defined]  # noqa: PLC0415
    return queue, QueueView


def pages(actor: Actor, group_id: int, learner: int, *, admin: bool) -> Iterator[tuple[str, Read]]:
    """The reads of each first page, by name."""
    queue, view = _queue()
    yield "Home: badge", lambda: signing_in.viewer(actor)
    yield "Home: cards", lambda: group_tree.cards(actor)
    yield "Home: waiting", lambda: queue.waiting(actor, limit=50)
    yield "Home: who needs", lambda: needs.of_groups(actor, [card.id for card in group_tree.cards(actor)])
    if admin:
        yield "Home: totals", lambda: account.totals(actor)
        yield "Home: dashboard", lambda: _dashboard(actor)
    for sort in ("age", "person", "course", "step"):
        yield f"queue by {sort}", partial(queue.listing, actor, view(sort=sort), 0, 100)
    yield "queue in a row", lambda: queue.in_a_row(actor, view(by_step=True), 0, 100)
    for line in (*LINES, *STATES):
        yield f"queue {line}", partial(queue.listing, actor, view(line), 0, 100)
    yield "tree", lambda: group_tree.tree(actor)
    yield "tree: count", lambda: group_tree.count(actor)
    yield "tree: shared", lambda: group_tree.shared(actor)
    yield "tree, one opened", lambda: group_tree.tree(actor, (group_id,))
    yield "group", lambda: groups.detail(actor, group_id)
    yield "group: subgroups", lambda: group_tree.subgroups(actor, group_id)
    yield "group: people", lambda: members.roster(actor, group_id, limit=100)
    yield "group: members", lambda: needs.roster(actor, group_id, limit=100)
    yield "group by need", lambda: needs.by_need(actor, group_id)
    yield "group overview", lambda: getattr(overview, "at_once", overview.of_group)(actor, group_id)
    yield "group pane", lambda: _summary(actor, group_id)
    yield "member", lambda: people.head(actor, learner)
    yield "member: feed", lambda: activity.feed(actor, learner, limit=100)
    yield "member: courses", lambda: courses.of_person(actor, learner)
    course = next((one.course_id for one in courses.of_person(actor, learner)), 0)
    yield "progress card", lambda: courses.card(actor, learner, course)
    yield "palette: opening", lambda: (_find_groups(actor, ""), courses.in_sight(actor))
    for typed in ("a", "an", "ana oka", "team 77"):
        yield f"palette: {typed}", partial(_typed, actor, typed)
    yield "People", lambda: people.list_people(actor, limit=100)
    yield "People: typed", lambda: people.list_people(actor, "ana", limit=100)
    if admin:
        yield "report: groups", lambda: _report(actor, "groups")
        yield "report: memberships", lambda: _report(actor, "memberships")
    else:
        yield "digest", lambda: digest.of(actor)


class _EnoughError(Exception):
    """The first rows of a report are there."""


class _FirstRows(io.StringIO):
    """Takes the header and as many rows as come at once."""

    def write(self, text: str) -> int:
        if text.count("\n") > 1:
            raise _EnoughError
        return len(text)


def _report(actor: Actor, report: Any) -> None:
    """What is read of a report until its first rows are there."""
    with suppress(_EnoughError):
        reports.write(actor, report, _FirstRows())


def _typed(actor: Actor, typed: str) -> Any:
    return _find_people(actor, typed), _find_groups(actor, typed)


def _dashboard(actor: Actor) -> Any:
    from store import dashboard  # noqa: PLC0415 - not in earlier versions

    return dashboard.of_account(actor)


def _summary(actor: Actor, group_id: int) -> Any:
    from store import summaries  # noqa: PLC0415 - not in earlier versions

    return summaries.group(actor, group_id)


def _find_groups(actor: Actor, typed: str) -> Any:
    try:
        from store import group_search  # noqa: PLC0415
    except ImportError:
        from store import search  # noqa: PLC0415

        # The palette read all, and put them in order.
        find = getattr(search, "find_groups", None) or groups.find  # type: ignore[attr-defined]
        return find(actor, typed, limit=None)
    return group_search.best_groups(actor, typed, 20 if typed else 8)


def _find_people(actor: Actor, typed: str) -> Any:
    try:
        from store import search  # noqa: PLC0415
    except ImportError:
        return people.find(actor, typed)  # type: ignore[attr-defined]
    return search.find_people(actor, typed)


Found = dict[str, dict[str, float | None]]
"""Milliseconds by person and page; None for what could not be asked."""


def measure(path: Path, only: str, cap: float) -> Found:
    """CPU milliseconds of each page."""
    database.open_database(str(path))
    found: Found = {}
    is_demo = path.stem.endswith(DEMO)
    with database.connected():
        for name, user_id, group_id in _of_demo() if is_demo else _who():
            learner = _measured(found, Actor(user_id, name), group_id, only, lambda read: _cpu(read, cap))
            if name in found and not is_demo:
                found[f"{RAW}{name}"] = {**raw_pages.measure(path, name, group_id, learner)}
    database.close()
    return found


def measure_on_server(path: Path, target: str, only: str) -> Found:
    """CPU milliseconds of each page in a copy on a server of this machine."""
    from store import database_copy  # noqa: PLC0415 - not in earlier versions

    if not database.is_there(target):
        database_copy.copy(str(path), target)
    found: Found = {}
    with database.keeping_connections():
        database.open_database(target)
        with database.writing():
            database.db.execute_sql("ANALYZE")
        for name, user_id, group_id in _who():
            _measured(found, Actor(user_id, name), group_id, only, _of_both)
        database.close()
    return found


def _measured(
    found: Found, actor: Actor, group_id: int, only: str, took: Callable[[Read], float | None]
) -> int:
    """What each page took; the id of a learner of whom some of them are."""
    page = people.list_people(actor, limit=5)
    learner = next(row.id for row in page.rows if row.id != actor.user_id)
    for what, read in pages(actor, group_id, learner, admin=actor.name == "admin"):
        if not only or only in what or only in actor.name:
            found.setdefault(actor.name, {})[what] = took(read)
    return learner


def _who() -> Iterator[tuple[str, int, int]]:
    """Those who look at a made account, each with the group that they open."""
    for (name, user_id), group_id in zip(big_account.WHO.items(), (5, 1, 2, 3, 4, 5), strict=True):
        yield name, user_id, group_id


def _of_demo() -> Iterator[tuple[str, int, int]]:
    """Those whom a visitor of the demo may be."""
    for name in ("admin", "leader", "mentor"):
        user = User.select(User.id).where(User.email == getattr(demo.PEOPLE, name))
        with database.reading():
            user_id, first = user.scalar(), Group.select(Group.id).order_by(Group.id).limit(1).scalar()
        cards = group_tree.cards(Actor(user_id, name))
        yield name, user_id, cards[0].id if cards else first


def _cpu(read: Read, cap: float) -> float | None:
    """The best of some rounds: fewer of what takes long."""
    best, spent = math.inf, 0.0
    for _ in range(5):
        before = time.thread_time()
        try:
            read()
        except (AttributeError, TypeError, MusterError) as error:
            # An older Muster may not have this page, or may not let this person see it.
            print(f"{type(error).__name__}: {error}", file=sys.stderr)
            return None
        took = time.thread_time() - before
        best, spent = min(best, took), spent + took
        if spent > cap:
            break
    return 1000 * best


def _server_process() -> Path:
    """Where Linux tells how long the server's process for this connection has been on a processor."""
    with database.reading():
        pid = database.db.execute_sql("SELECT pg_backend_pid()").fetchone()[0]
    return Path(f"/proc/{pid}/schedstat")


def _of_both(read: Read) -> float | None:
    """The program's CPU and that of its server's process together, the best of some rounds."""
    process, best = _server_process(), math.inf
    for _ in range(SERVER_ROUNDS):
        before, there = time.thread_time(), int(process.read_text().split()[0])
        try:
            read()
        except MusterError as error:
            print(f"{type(error).__name__}: {error}", file=sys.stderr)
            return None
        in_server = (int(process.read_text().split()[0]) - there) / 1e9
        best = min(best, time.thread_time() - before + in_server)
    return 1000 * best


def _of_old(old: Path, folder: Path, size: str, only: str) -> dict[str, dict[str, float | None]]:
    command = [str(old / ".venv/bin/python"), __file__, str(folder), "--as-json", size, "--only", only]
    environment = {**os.environ, "BENCH_STORE": str(old)}
    out = subprocess.run(command, env=environment, check=True, capture_output=True, text=True, cwd=old)
    return json.loads(out.stdout)


def _file(folder: Path, size: str, name: str) -> Path:
    path = folder / f"{name}-{size}.db"
    if not path.exists():
        began = time.monotonic()
        if size == DEMO:
            database.open_database(str(path), create=True)
            demo.build()
            database.close()
        else:
            big_account.make(path, size)
        print(f"made {path.name} in {time.monotonic() - began:.0f} s", file=sys.stderr)
    return path


def _told(value: float | None) -> str:
    return "–" if value is None else f"{value:.1f}"


def main() -> None:
    """Measure, and print a table for each who looks."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--sizes", nargs="+", choices=(DEMO, *big_account.SIZES), default=[DEMO, "S", "M"])
    parser.add_argument("--old", type=Path)
    parser.add_argument("--postgresql", metavar="URL")
    parser.add_argument("--only", default="")
    parser.add_argument("--as-json", choices=tuple(big_account.SIZES), help=argparse.SUPPRESS)
    given = parser.parse_args()
    given.folder.mkdir(parents=True, exist_ok=True)
    if given.as_json:
        print(json.dumps(measure(_file(given.folder, given.as_json, "old"), given.only, 2.0)))
        return
    if given.postgresql:
        path = _file(given.folder, given.sizes[-1], "new")
        _print_server(measure_on_server(path, given.postgresql, given.only))
        return
    new = {size: measure(_file(given.folder, size, "new"), given.only, 1.0) for size in given.sizes}
    if DEMO in new:
        _print_demo(new.pop(DEMO))
    sizes = list(new)
    if sizes:
        _print(new, {size: _of_old(given.old, given.folder, size, given.only) for size in sizes if given.old})


def _print_demo(found: dict[str, dict[str, float | None]]) -> None:
    missed = [
        f"{what} of the {name} {_told(value)}"
        for name, values in found.items()
        for what, value in values.items()
        if value is None or value > DEMO_GOAL
    ]
    highest = max(value or 0 for values in found.values() for value in values.values())
    pages = sum(len(values) for values in found.values())
    print(f"demo: {pages} first pages, goal {DEMO_GOAL:.0f}, the slowest {highest:.1f}, {len(missed)} missed")
    print("\n".join(missed))


def _print_server(found: Found) -> None:
    told = [(what, name, value) for name, values in found.items() for what, value in values.items()]
    for what, name, value in told:
        missed = value is None or value > SERVER_GOAL
        print(f"{name:<18}{what:<24}{_told(value):>9}{'   MISSED' if missed else ''}")
    missed_all = sum(value is None or value > SERVER_GOAL for *_, value in told)
    print(f"{len(told)} first pages, goal {SERVER_GOAL:.0f} ms, {missed_all} missed")


def _print(
    new: dict[str, dict[str, dict[str, float | None]]], old: dict[str, dict[str, dict[str, float | None]]]
) -> None:
    sizes = list(new)
    missed, last = 0, sizes[-1]
    for name, found in new[last].items():
        if name.startswith(RAW):
            continue
        raw = new[last].get(f"{RAW}{name}", {})
        heads = [f"{size:>9}" for size in (*sizes, "SQL", *(f"{size} old" for size in old))]
        print(f"\n{name:<24}{'goal':>6}" + "".join(heads) + "   growth")
        for what, reached in found.items():
            goal = WIDE_GOAL if what in WIDE else GOAL
            values = [new[size][name].get(what) for size in sizes]
            olds = [old[size].get(name, {}).get(what) for size in old]
            growth = _growth(values, sizes) if name in SAME_SIZE else None
            fails = reached is None or reached > goal or (growth or 0) > GROWTH
            missed += fails
            cells = "".join(f"{_told(value):>9}" for value in [*values, raw.get(what), *olds])
            told = "" if growth is None else f"   n^{growth:.2f}"
            print(f"{what:<24}{goal:>6.0f}{cells}{told}{'   MISSED' if fails else ''}")
    print(f"\n{missed} goals missed at {last}")


def _growth(values: list[float | None], sizes: list[str]) -> float | None:
    """The exponent of n from the first to the last size; small times count as a millisecond."""
    first, last = values[0], values[-1]
    if len(sizes) < 2 or first is None or last is None:
        return None
    ratio = big_account.SIZES[sizes[-1]] / big_account.SIZES[sizes[0]]
    return math.log(max(last, 1.0) / max(first, 1.0)) / math.log(ratio)


if __name__ == "__main__":
    main()
