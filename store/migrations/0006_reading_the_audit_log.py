"""Lines of the audit log are found by what was done, when, and by which key. A frozen copy."""

from peewee import SQL, BigIntegerField, CharField, Model, TextField

from store.database import IdField


class AuditLine(Model):
    id = IdField()
    at = BigIntegerField()
    action = CharField()
    ssh_key = TextField(default="")

    class Meta:
        table_name = "audit_lines"
        legacy_table_names = False


AuditLine.add_index(AuditLine.index(AuditLine.at, name="audit_lines_at"))
AuditLine.add_index(AuditLine.index(AuditLine.action, name="audit_lines_action"))
AuditLine.add_index(
    AuditLine.index(AuditLine.ssh_key, name="audit_lines_ssh_key").where(SQL("\"ssh_key\" <> ''"))
)


def up(migrator, db):
    with db.bind_ctx((AuditLine,)):
        for index in AuditLine._meta.fields_to_index():
            db.execute(index)
