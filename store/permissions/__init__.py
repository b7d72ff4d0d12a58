"""Who may see and do what: in one place.

A store function asks `of(actor)` once, inside its own transaction, so that a role lost a moment ago is lost
here too. Everybody else imports from here.
"""

from __future__ import annotations

from store.permissions.actions import addable as addable
from store.permissions.actions import loses_sight as loses_sight
from store.permissions.actions import people_addable as people_addable
from store.permissions.actions import require_adding as require_adding
from store.permissions.actions import require_adding_back as require_adding_back
from store.permissions.actions import require_deleting as require_deleting
from store.permissions.actions import require_editing as require_editing
from store.permissions.actions import require_keeping_reply as require_keeping_reply
from store.permissions.actions import require_making as require_making
from store.permissions.actions import require_nesting as require_nesting
from store.permissions.actions import require_removing as require_removing
from store.permissions.actions import require_role_change as require_role_change
from store.permissions.actions import require_slug_choice as require_slug_choice
from store.permissions.actions import restorable as restorable
from store.permissions.checks import may_decide_for as may_decide_for
from store.permissions.checks import own_or_all as own_or_all
from store.permissions.checks import require_admin as require_admin
from store.permissions.checks import require_community as require_community
from store.permissions.checks import require_follows as require_follows
from store.permissions.checks import require_leads as require_leads
from store.permissions.checks import require_leads_any as require_leads_any
from store.permissions.checks import require_releases as require_releases
from store.permissions.checks import require_reviewer as require_reviewer
from store.permissions.checks import require_reviews as require_reviews
from store.permissions.checks import require_top_level as require_top_level
from store.permissions.checks import require_work as require_work
from store.permissions.checks import rights as rights
from store.permissions.checks import rights_of as rights_of
from store.permissions.sight import followed as followed
from store.permissions.sight import followed_in as followed_in
from store.permissions.sight import follows as follows
from store.permissions.sight import groups_in_sight as groups_in_sight
from store.permissions.sight import groups_led as groups_led
from store.permissions.sight import groups_seen as groups_seen
from store.permissions.sight import inside as inside
from store.permissions.sight import is_seen as is_seen
from store.permissions.sight import may_review as may_review
from store.permissions.sight import nesting as nesting
from store.permissions.sight import own_roles as own_roles
from store.permissions.sight import paths_seen as paths_seen
from store.permissions.sight import people_followed as people_followed
from store.permissions.sight import people_led as people_led
from store.permissions.sight import reviewable as reviewable
from store.permissions.sight import topmost_ids as topmost_ids
from store.permissions.sight import viewer as viewer
from store.permissions.sight import way_seen as way_seen
from store.permissions.who import CALENDAR as CALENDAR
from store.permissions.who import IMPORT as IMPORT
from store.permissions.who import NO_ACCOUNT as NO_ACCOUNT
from store.permissions.who import OPERATOR as OPERATOR
from store.permissions.who import UNNAMED as UNNAMED
from store.permissions.who import Permissions as Permissions
from store.permissions.who import account_row as account_row
from store.permissions.who import as_staff as as_staff
from store.permissions.who import of as of
