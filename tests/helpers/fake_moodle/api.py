"""How functions of the fake Moodle are declared, and their parameters checked as Moodle checks them."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.helpers.fake_moodle.records import Course, User
from tests.helpers.fake_moodle.school import School

NO_RIGHT = "Sorry, but you do not currently have permissions to do that"
REQUIRED = object()
STAFF = ("editingteacher", "teacher", "manager")


class MoodleError(Exception):
    """What a call is answered with instead of a value."""

    def __init__(self, code: str, message: str, exception: str = "core\\exception\\moodle_exception") -> None:
        super().__init__(code)
        self.code = code
        self.message = message
        self.exception = exception


def wrong_parameter() -> MoodleError:
    message = "Invalid parameter value detected"
    return MoodleError("invalidparameter", message, "core\\exception\\invalid_parameter_exception")


def no_record() -> MoodleError:
    message = "Can't find data record in database."
    return MoodleError("invalidrecordunknown", message, "dml_missing_record_exception")


def no_right(what: str) -> MoodleError:
    message = f"{NO_RIGHT} ({what})."
    return MoodleError("nopermissions", message, "core\\exception\\required_capability_exception")


def access_refused() -> MoodleError:
    return MoodleError("accessexception", "Access control exception", "webservice_access_exception")


@dataclass
class Account:
    """Whose token it is, and what it may. `functions` are those of its service; None is all.

    `is_link` is the link's own account: enrolled nowhere, with a role of its own. `lacks` are the rights that
    were taken from it, as "moodle/course:managegroups".
    """

    user: User
    is_link: bool = False
    functions: set[str] | None = None
    lacks: set[str] = field(default_factory=set)
    may_download: bool = True

    def needs(self, right: str, words: str) -> None:
        if right in self.lacks:
            raise no_right(words)


@dataclass
class Call:
    """One call: the state, who asks, what they gave, and where the site is."""

    school: School
    account: Account
    given: dict[str, Any]
    url: str

    def __getitem__(self, name: str) -> Any:
        return self.given[name]

    def option(self, name: str, default: str = "") -> str:
        """One of `options`, which come as names and values."""
        found = {each["name"]: each["value"] for each in self.given.get("options") or []}
        return str(found.get(name, default))

    def course(self, number: int) -> Course:
        """A course that the account may go into."""
        course = self.school.courses.get(number)
        if course is None:
            raise no_record()
        if not self.may_enter(course):
            said = "Course or activity not accessible."
            message = f"You cannot execute functions in the course context (course id:{number}). "
            raise MoodleError("errorcoursecontextnotvalid", f"{message}The context error message was: {said}")
        return course

    def may_enter(self, course: Course) -> bool:
        if self.account.is_link:
            return course.visible or "moodle/course:viewhiddencourses" not in self.account.lacks
        own = course.enrolments.get(self.account.user.id)
        return own is not None and (course.visible or own.role in STAFF)

    def is_staff_in(self, course: Course) -> bool:
        own = course.enrolments.get(self.account.user.id)
        return self.account.is_link or (own is not None and own.role in STAFF)


Handler = Callable[[Call], Any]


@dataclass(frozen=True)
class Function:
    handler: Handler
    parameters: Mapping[str, Any]


FUNCTIONS: dict[str, Function] = {}


def function(name: str, **parameters: Any) -> Callable[[Handler], Handler]:
    """Declare a function of the web services.

    A parameter is a type, `[type]` for a list, `{name: parameter}` for a record, or `(parameter, default)`.
    """

    def declare(handler: Handler) -> Handler:
        FUNCTIONS[name] = Function(handler, parameters)
        return handler

    return declare


def checked(parameters: Mapping[str, Any], given: Any) -> dict[str, Any]:
    """The parameters by their types. Raises `wrong_parameter`."""
    if not isinstance(given, Mapping) or set(given) - set(parameters):
        raise wrong_parameter()
    found = {}
    for name, kind in parameters.items():
        kind, default = kind if isinstance(kind, tuple) else (kind, REQUIRED)
        if name in given:
            found[name] = _value(kind, given[name])
        elif default is REQUIRED:
            raise wrong_parameter()
        else:
            found[name] = default
    return found


def _value(kind: Any, given: Any) -> Any:
    if isinstance(kind, list):
        if isinstance(given, Mapping):
            given = [given[key] for key in sorted(given, key=int)]
        if not isinstance(given, list):
            raise wrong_parameter()
        return [_value(kind[0], each) for each in given]
    if isinstance(kind, Mapping):
        return checked(kind, given)
    if kind is dict:
        return given
    if isinstance(given, Mapping | list):
        raise wrong_parameter()
    try:
        return kind(given)
    except (TypeError, ValueError):
        raise wrong_parameter() from None


def nested(fields: list[tuple[str, str]]) -> dict[str, Any]:
    """Fields of a form as PHP nests them: `a[0][b]`. What is numbered is a record by numbers."""
    found: dict[str, Any] = {}
    for name, value in fields:
        keys = [name.partition("[")[0], *re.findall(r"\[([^\]]*)\]", name)]
        at = found
        for key in keys[:-1]:
            at = at.setdefault(key, {})
        at[keys[-1]] = value
    return found


def warning(item: str, number: int, code: str, message: str) -> dict[str, Any]:
    return {"item": item, "itemid": number, "warningcode": code, "message": message}
