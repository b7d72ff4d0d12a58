"""Serves a made-up school until it is ended: `python -m tests.helpers.fake_canvas [PEOPLE]`.

Prints the address and the link's token.
"""

from __future__ import annotations

import sys

from tests.helpers.fake_canvas import FakeCanvas, course_of_many, harbour_school


def main() -> None:
    school = course_of_many(int(sys.argv[1])) if len(sys.argv) > 1 else harbour_school()
    with FakeCanvas(school) as server:
        sys.stdout.write(f"{server.url} {server.token}\n")
        sys.stdout.flush()
        server.serve_forever()


if __name__ == "__main__":
    main()
