"""Where posts are at linked sites, answers that are to go there, and what is said beside work there.

A frozen copy.
"""

from peewee import SQL, BigIntegerField, BooleanField, CharField, Check, ForeignKeyField, Model, TextField

from store.database import IdField


class Table(Model):
    id = IdField()

    class Meta:
        legacy_table_names = False


class Site(Table):
    class Meta:
        table_name = "sites"


class Post(Table):
    class Meta:
        table_name = "posts"


class Completion(Table):
    class Meta:
        table_name = "completions"


class SitePost(Table):
    site = ForeignKeyField(Site, backref="+", on_delete="RESTRICT", index=False)
    post = ForeignKeyField(Post, backref="+", on_delete="RESTRICT", unique=True)
    external_id = TextField(null=True)
    thread = TextField()
    private = BooleanField(default=False)
    url = TextField(default="")
    state = CharField(null=True)
    reason = TextField(default="")
    changed_at = BigIntegerField(null=True)
    request_key = TextField(default="")

    class Meta:
        table_name = "site_posts"
        constraints = (Check("\"state\" IN ('waits', 'sent', 'done', 'conflict', 'refused')"),)
        indexes = ((("site", "external_id"), True), (("site", "thread"), False))


class SiteComment(Table):
    site = ForeignKeyField(Site, backref="+", on_delete="RESTRICT", index=False)
    completion = ForeignKeyField(Completion, backref="+", on_delete="RESTRICT", index=False)
    external_id = TextField()
    author = TextField(default="")
    body = TextField()
    created_at = BigIntegerField()

    class Meta:
        table_name = "site_comments"
        indexes = ((("completion", "external_id"), True),)


def up(migrator, db):
    with db.bind_ctx((Site, Post, Completion, SitePost, SiteComment)):
        db.create_tables((SitePost, SiteComment), safe=False)
        out = SitePost.index(SitePost.site, name="site_posts_out").where(SQL('"state" IS NOT NULL'))
        db.execute(out)
