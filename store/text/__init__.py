"""Text from people: one place that makes it safe to keep and to show, and says it in words."""

from __future__ import annotations

from store.text.cleaning import JOINERS as JOINERS
from store.text.cleaning import STACK_LIMIT as STACK_LIMIT
from store.text.cleaning import TEXT_LIMIT as TEXT_LIMIT
from store.text.cleaning import clean_line as clean_line
from store.text.cleaning import clean_text as clean_text
from store.text.cleaning import typed_line as typed_line
from store.text.cleaning import without_unsafe as without_unsafe
from store.text.fields import NAME_LIMIT as NAME_LIMIT
from store.text.fields import body as body
from store.text.fields import email as email
from store.text.fields import email_key as email_key
from store.text.fields import first_visible as first_visible
from store.text.fields import is_visible as is_visible
from store.text.fields import name as name
from store.text.file_names import file_name as file_name
from store.text.folding import fold as fold
from store.text.slugs import SLUG_LIMIT as SLUG_LIMIT
from store.text.slugs import Slugs as Slugs
from store.text.slugs import slug as slug
from store.text.slugs import slugify as slugify
from store.text.words import counted as counted
from store.text.words import full_name as full_name
from store.text.words import split_name as split_name
