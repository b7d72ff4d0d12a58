"""An index of the works that are shown without a name, of which there are few. A frozen copy."""

from peewee import SQL, IntegerField, Model, TextField

from store.database import IdField


class SiteWork(Model):
    id = IdField()
    completion_id = IntegerField()
    shown_as = TextField(default="")

    class Meta:
        legacy_table_names = False
        table_name = "site_work"


def up(migrator, db):
    with db.bind_ctx((SiteWork,)):
        hidden = SQL("\"shown_as\" <> ''")
        db.execute(SiteWork.index(SiteWork.completion_id, name="site_work_blind").where(hidden))
