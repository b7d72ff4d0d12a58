"""What admins see on Community while the account does not have it."""

from __future__ import annotations

from dataclasses import dataclass

from textual import on
from textual.app import ComposeResult
from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.message import Message
from textual.widgets import Button, Static

from store.views.account import AccountView, Beta, Plan

WHAT = (
    "Put people into groups that nest like your organisation, and choose who leads and who mentors each. "
    "Leaders and mentors follow their people across every course, and review the work that needs a "
    "person’s judgement. You manage the groups and make reports about them."
)
PLAN_NEEDED = (
    "Community groups are part of the plans complete and enterprise. This account is on the plan starter: "
    "ask whoever manages your subscription."
)
BETA = {
    Beta.OFF: (
        "Community groups are in beta. Apply to take part. "
        "Your groups appear here once the beta is turned on."
    ),
    Beta.APPLIED: "You have applied for the beta. Your groups appear here once it is turned on.",
    Beta.ON: "This account takes part in the beta.",
}


class Availability(VerticalScroll, can_focus=False):
    """What Community groups are, what the account has, and the way to apply."""

    DEFAULT_CSS = """
    Availability {
        padding: 1 4;
        & > Vertical { max-width: 76; height: auto; }
        & Static { height: auto; margin: 0 0 1 0; }
        & .availability--title { text-style: bold; }
        & .availability--facts { margin: 1 0; }
        & .availability--next { color: $foreground 65%; }
    }
    """

    @dataclass
    class Applied(Message):
        """The button was pressed."""

    def compose(self) -> ComposeResult:
        """Texts and the button."""
        with Vertical():
            yield Static(Content("Community groups"), classes="availability--title")
            yield Static(Content(WHAT))
            yield Static(classes="availability--facts")
            yield Static(classes="availability--next")
            yield Button("Apply for the beta", id="apply", variant="primary")

    def show(self, account: AccountView) -> None:
        """Show the plan and the beta of this account."""
        facts = Content.assemble(
            ("Plan   ", "dim"), account.plan.value, "\n", ("Beta   ", "dim"), account.beta.value
        )
        self.query_one(".availability--facts", Static).update(facts)
        needed = [PLAN_NEEDED] if account.plan is Plan.STARTER else []
        self.query_one(".availability--next", Static).update(
            Content("\n\n".join([*needed, BETA[account.beta]]))
        )
        self.query_one("#apply", Button).display = account.beta is Beta.OFF

    @on(Button.Pressed, "#apply")
    def _apply(self, message: Button.Pressed) -> None:
        message.stop()
        self.post_message(self.Applied())
