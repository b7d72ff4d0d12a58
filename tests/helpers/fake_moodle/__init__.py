"""A Moodle for tests: it keeps state, answers over HTTP on this machine, and behaves as the recordings do.

`school` is what it keeps and what people do there in a browser, `example` makes schools, `server` serves one;
the other modules are the functions of its web services. What a real Moodle does silently it does too: null is
no success, the later grade wins, an attempt that is too high is made.
"""

from __future__ import annotations

from tests.helpers.fake_moodle.example import course_of_many as course_of_many
from tests.helpers.fake_moodle.example import harbour_school as harbour_school
from tests.helpers.fake_moodle.school import School as School
from tests.helpers.fake_moodle.server import FakeMoodle as FakeMoodle
from tests.helpers.fake_moodle.server import fake_moodle as fake_moodle
