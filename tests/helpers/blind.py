"""A school in which one piece of work is blind: nothing else tells of its person but that they are there."""

from __future__ import annotations

from store import clock, database
from store.models import Attempt, Step
from store.models.sites import Attachment, Site, SiteStep, SiteWork
from store.review import reviews
from store.views import Actor
from store.views.groups import Role
from store.views.states import Decision
from store.views.work import ReviewItem
from tests.helpers.school import School

NAME = "Zuleika Quagmire"
SHOWN_AS = "Participant 434"
TEXT = "The xylophone fell into the harbour."
FEEDBACK = "Say what the crew heard first."
ROOT, LEA, TOM = "root.admin@x.example", "lea.der@x.example", "tom.reyes@x.example"
MARKS = (SHOWN_AS, "Night log", "Watchkeeping", "xylophone", "crew heard")
"""Words of the work, by one of which it shows wherever it is told of."""


class BlindSchool:
    """Tom is mentor of the Reds, Lea leads what is above; Ana's work is open, and Zuleika's is blind.

    Zuleika is in the Reds and takes no course: only the work itself says that she did any.
    """

    def __init__(self, school: School) -> None:
        self.school = school
        self.root = school.actor(school.person("Root Admin", email=ROOT, admin=True))
        self.lea = school.actor(school.person("Lea Der", email=LEA))
        self.tom = school.actor(school.person("Tom Reyes", email=TOM))
        self.ana, self.zuleika = school.person("Ana Brandt"), school.person(NAME)
        self.fleet = school.group("Fleet")
        self.reds = school.group("Reds", self.fleet)
        school.place(self.lea.user_id or 0, self.fleet, Role.LEADER)
        school.place(self.tom.user_id or 0, self.reds, Role.MENTOR)
        for person in (self.ana, self.zuleika):
            school.place(person, self.reds)
        self.letters, (self.log, *_) = school.course("Letters"), school.course("Watchkeeping", (20.0,))
        school.enrol(self.ana, school.course_of(self.letters[0]))
        self.open_work = school.work(self.ana, self.letters[0], days_ago=9)
        self.work = school.work(self.zuleika, self.log, days_ago=4, attempts=2)
        school.change(Step, self.log, title="Night log")
        self.site = self._link()

    @property
    def viewers(self) -> tuple[Actor, Actor, Actor]:
        return self.root, self.lea, self.tom

    def viewer(self, email: str) -> Actor:
        return dict(zip((ROOT, LEA, TOM), self.viewers, strict=True))[email]

    @property
    def course(self) -> int:
        return self.school.course_of(self.log)

    def _link(self) -> int:
        now = clock.now()
        with database.writing():
            Attempt.update(text=TEXT).where(Attempt.completion == self.work).execute()
            site = Site.insert(name="Harbour", kind="moodle", url="https://harbour.example", created_at=now)
            site_id = int(site.execute())
            ids = {"site": site_id, "attempt": 0, "work_at": now, "person_external_id": "7"}
            SiteStep.insert(
                site=site_id, step=self.log, external_id="1", kind="assign", url="https://harbour.example/1"
            ).execute()
            SiteWork.insert(ids, completion=self.work, assignment_external_id="1").execute()
            (attempt, *_) = database.rows(
                Attempt.select(Attempt.id).where(Attempt.completion == self.work, Attempt.number == 2)
            )[0]
            name = "Zuleika-Quagmire-log.txt"
            link = f"https://harbour.example/webservice/pluginfile.php/1/{name}"
            told = {"name": name, "media_type": "text/plain", "size": 10, "url": link}
            Attachment.insert(told, attempt=attempt, position=1).execute()
        self.hide()
        return site_id

    def hide(self) -> None:
        """As where the site marks without names."""
        self._show(SHOWN_AS)

    def reveal(self) -> None:
        """As once the site shows them."""
        self._show("")

    def _show(self, shown_as: str) -> None:
        with database.writing():
            SiteStep.update(blind=bool(shown_as)).where(SiteStep.step == self.log).execute()
            SiteWork.update(shown_as=shown_as).where(SiteWork.completion == self.work).execute()

    def item(self, actor: Actor | None = None) -> ReviewItem:
        return reviews.item(actor or self.root, self.zuleika, self.log)

    def decide(self, actor: Actor, decision: Decision = Decision.RETURN, points: float | None = None) -> None:
        reviews.save(actor, self.work, self.item().version, decision, points=points, feedback=FEEDBACK)
