"""A Canvas for tests: it keeps state and answers over HTTP on this machine, as its documents and source say.

`school` is what it keeps and what people do there in a browser, `example` makes schools, `server` serves one;
`reads` and `writes` are its API. No answer of it was recorded at a live Canvas.
"""

from __future__ import annotations

from tests.helpers.fake_canvas.example import course_of_many as course_of_many
from tests.helpers.fake_canvas.example import harbour_school as harbour_school
from tests.helpers.fake_canvas.school import School as School
from tests.helpers.fake_canvas.server import FakeCanvas as FakeCanvas
from tests.helpers.fake_canvas.server import fake_canvas as fake_canvas
