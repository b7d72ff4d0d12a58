"""Forums and quizzes of the fake Moodle: what is read of them, and posts that are written."""

from __future__ import annotations

import json
from typing import Any

from tests.helpers.fake_moodle.api import Call, function, no_record
from tests.helpers.fake_moodle.cleaning import kept
from tests.helpers.fake_moodle.records import Discussion, Forum, Post, Quiz, QuizAnswer, QuizAttempt
from tests.helpers.fake_moodle.site import PICTURE

NEWEST_REPLY_FIRST = 1
QUESTION_STATES = {
    "needsgrading": ("requiresgrading", "Requires grading"),
    "mangrpartial": ("partiallycorrect", "Partially correct"),
    "mangrright": ("correct", "Correct"),
    "mangrwrong": ("incorrect", "Incorrect"),
    "complete": ("answersaved", "Answer saved"),
    "gradedright": ("correct", "Correct"),
    "gradedwrong": ("incorrect", "Incorrect"),
    "gaveup": ("notanswered", "Not answered"),
}


# Forums


@function("mod_forum_get_forums_by_courses", courseids=([int], []))
def forums(call: Call) -> Any:
    return [_forum(call, each) for each in call.school.forums.values() if each.course in call["courseids"]]


def _forum(call: Call, forum: Forum) -> dict[str, Any]:
    threads = [each for each in call.school.discussions.values() if each.forum == forum.id]
    zeros = (
        *("duedate", "cutoffdate", "assessed", "assesstimestart", "assesstimefinish", "scale", "grade_forum"),
        *("grade_forum_notify", "maxbytes", "forcesubscribe", "rsstype", "rssarticles", "warnafter"),
        *("blockafter", "blockperiod", "completiondiscussions", "completionreplies", "completionposts"),
    )
    return {
        "id": forum.id,
        "course": forum.course,
        "type": forum.type,
        "name": forum.name,
        "intro": "<p>Talk here.</p>",
        "introformat": 1,
        "introfiles": [],
        "lang": "",
        **dict.fromkeys(zeros, 0),
        "maxattachments": 1,
        "trackingtype": 1,
        "timemodified": forum.timemodified,
        "cmid": forum.cmid,
        "numdiscussions": len(threads),
        "cancreatediscussions": False,
        "lockdiscussionafter": 0,
        "istracked": False,
    }


@function(
    "mod_forum_get_forum_discussions",
    forumid=int,
    sortorder=(int, NEWEST_REPLY_FIRST),
    page=(int, -1),
    perpage=(int, 0),
    groupid=(int, 0),
)
def discussions(call: Call) -> Any:
    if call["forumid"] not in call.school.forums:
        raise no_record()
    found = [each for each in call.school.discussions.values() if each.forum == call["forumid"]]
    found.sort(key=lambda each: (-each.timemodified, -each.id))
    if call["page"] >= 0 and call["perpage"]:
        found = found[call["page"] * call["perpage"] :][: call["perpage"]]
    return {"discussions": [_discussion(call, each) for each in found], "warnings": []}


def _discussion(call: Call, thread: Discussion) -> dict[str, Any]:
    first, users = thread.posts[0], call.school.users
    return {
        "id": first.id,
        "name": thread.name,
        "groupid": thread.groupid,
        "timemodified": thread.timemodified,
        "usermodified": thread.usermodified,
        "timestart": 0,
        "timeend": 0,
        "discussion": thread.id,
        "parent": 0,
        "userid": thread.userid,
        "created": first.created,
        "modified": first.created,
        "mailed": 0,
        "subject": first.subject,
        "message": first.message,
        "messageformat": 1,
        "messagetrust": 0,
        "attachment": False,
        "totalscore": 0,
        "mailnow": 0,
        "userfullname": users[thread.userid].fullname,
        "usermodifiedfullname": users[thread.usermodified].fullname,
        "userpictureurl": f"{call.url}{PICTURE}/u/f2",
        "usermodifiedpictureurl": f"{call.url}{PICTURE}/u/f2",
        "numreplies": len(thread.posts) - 1,
        "numunread": 0,
        "pinned": False,
        "locked": False,
        "starred": False,
        "canreply": True,
        "canlock": False,
        "canfavourite": True,
    }


@function(
    "mod_forum_get_discussion_posts",
    discussionid=int,
    sortby=(str, "created"),
    sortdirection=(str, "DESC"),
    includeinlineattachments=(int, 0),
)
def posts(call: Call) -> Any:
    thread = call.school.discussions.get(call["discussionid"])
    if thread is None:
        raise no_record()
    forum = call.school.forums[thread.forum]
    staff = call.is_staff_in(call.school.courses[forum.course])
    own = call.account.user.id
    found = [
        each for each in thread.posts if staff or own in (each.userid, each.private_to) or not each.private_to
    ]
    found.sort(key=lambda each: (each.created, each.id), reverse=call["sortdirection"] == "DESC")
    return {
        "posts": [_post(call, forum, each) for each in found],
        "forumid": forum.id,
        "courseid": forum.course,
        "ratinginfo": {
            "contextid": 74 + forum.cmid,
            "component": "mod_forum",
            "ratingarea": "post",
            "canviewall": None,
            "canviewany": None,
            "scales": [],
            "ratings": [],
        },
        "warnings": [],
    }


def _post(call: Call, forum: Forum, post: Post) -> dict[str, Any]:
    author = call.school.users[post.userid]
    thread_url = f"{call.url}/mod/forum/discuss.php?d={post.discussion}"
    no = dict.fromkeys(("edit", "delete", "split", "selfenrol", "export", "controlreadstatus"), False)
    nothing = dict.fromkeys(("edit", "delete", "split", "export", "markasread", "markasunread"))
    groups = call.school.groups_of(forum.course, author.id)
    return {
        "id": post.id,
        "subject": post.subject,
        "replysubject": post.subject if post.subject.startswith("Re: ") else f"Re: {post.subject}",
        "message": post.message,
        "messageformat": 1,
        "author": {
            "id": author.id,
            "fullname": author.fullname,
            "isdeleted": author.deleted,
            "groups": [{"id": each.id, "name": each.name, "urls": {"image": None}} for each in groups],
            "urls": {
                "profile": f"{call.url}/user/view.php?id={author.id}&course={forum.course}",
                "profileimage": f"{call.url}{PICTURE}/u/f1",
            },
        },
        "discussionid": post.discussion,
        "hasparent": bool(post.parent),
        "parentid": post.parent or None,
        "timecreated": post.created,
        "timemodified": post.created,
        "unread": None,
        "isdeleted": False,
        "isprivatereply": bool(post.private_to),
        "haswordcount": False,
        "wordcount": None,
        "charcount": None,
        "capabilities": {
            "view": True,
            "reply": not post.private_to,
            "canreplyprivately": not post.private_to,
            **no,
        },
        "urls": {
            "view": f"{thread_url}#p{post.id}",
            "viewisolated": f"{thread_url}&parent={post.id}",
            "viewparent": f"{thread_url}#p{post.parent}" if post.parent else None,
            "reply": None if post.private_to else f"{call.url}/mod/forum/post.php?reply={post.id}#mformforum",
            "discuss": thread_url,
            **nothing,
        },
        "attachments": [],
        "messageinlinefiles": [],
        "tags": [],
        "html": {"rating": None, "taglist": None, "authorsubheading": f"by {author.fullname}"},
    }


@function(
    "mod_forum_add_discussion_post",
    postid=int,
    subject=str,
    message=str,
    options=([{"name": str, "value": str}], []),
    messageformat=(int, 1),
)
def add_post(call: Call) -> Any:
    """Answer a post. Sent twice it stands there twice."""
    school = call.school
    parent = next(
        (
            each
            for thread in school.discussions.values()
            for each in thread.posts
            if each.id == call["postid"]
        ),
        None,
    )
    if parent is None:
        raise no_record()
    forum = school.forums[school.discussions[parent.discussion].forum]
    made = school.reply(
        parent,
        call.account.user,
        kept(call["message"], call["messageformat"]),
        private=call.option("private") in ("1", "true"),
    )
    made.subject = call["subject"]
    messages = [{"type": "success", "message": "Your post was successfully added."}]
    return {"postid": made.id, "warnings": [], "post": _post(call, forum, made), "messages": messages}


# Quizzes


@function("mod_quiz_get_quizzes_by_courses", courseids=([int], []))
def quizzes(call: Call) -> Any:
    found = [each for each in call.school.quizzes.values() if each.course in call["courseids"]]
    return {"quizzes": [_quiz(each) for each in found], "warnings": []}


def _quiz(quiz: Quiz) -> dict[str, Any]:
    reviews = (
        *(
            "attempt",
            "correctness",
            "maxmarks",
            "marks",
            "specificfeedback",
            "generalfeedback",
            "rightanswer",
        ),
        "overallfeedback",
    )
    zeros = (
        *("graceperiod", "canredoquestions", "attemptonlast", "questionsperpage", "delay1", "delay2"),
        *("showuserpicture", "showblocks", "completionattemptsexhausted", "completionpass"),
        *("allowofflineattempts", "hasfeedback"),
    )
    return {
        "id": quiz.id,
        "coursemodule": quiz.cmid,
        "course": quiz.course,
        "name": quiz.name,
        "intro": "",
        "introformat": 1,
        "introfiles": [],
        "section": 0,
        "visible": True,
        "groupmode": 0,
        "groupingid": 0,
        "lang": "",
        "timeopen": 0,
        "timeclose": quiz.timeclose,
        "enableaitools": None,
        "enabledaiactions": None,
        "timelimit": 0,
        "overduehandling": "autosubmit",
        "preferredbehaviour": "deferredfeedback",
        "attempts": 2,
        "grademethod": 1,
        "decimalpoints": 2,
        "questiondecimalpoints": -1,
        **{f"review{name}": 69904 for name in reviews},
        **dict.fromkeys(zeros, 0),
        "navmethod": "free",
        "browsersecurity": "",
        "autosaveperiod": 60,
        "sumgrades": sum(most for _, _, most in quiz.questions),
        "grade": quiz.grade,
        "hasquestions": 1,
    }


@function(
    "mod_quiz_get_user_quiz_attempts",
    quizid=int,
    userid=(int, 0),
    status=(str, "finished"),
    includepreviews=(int, 0),
)
def quiz_attempts(call: Call) -> Any:
    found = [
        each
        for each in call.school.quiz_attempts.values()
        if each.quiz == call["quizid"]
        and each.userid == call["userid"]
        and (call["status"] == "all" or (each.state == "finished") == (call["status"] == "finished"))
    ]
    return {"attempts": [_quiz_attempt(call, each) for each in found], "warnings": []}


def _quiz_attempt(call: Call, attempt: QuizAttempt) -> dict[str, Any]:
    slots = ",".join(str(number) for number in range(1, len(attempt.answers) + 1))
    return {
        "id": attempt.id,
        "quiz": attempt.quiz,
        "userid": attempt.userid,
        "attempt": 1,
        "uniqueid": attempt.id,
        "layout": f"{slots},0",
        "currentpage": 0,
        "preview": 0,
        "state": attempt.state,
        "timestart": attempt.timestart,
        "timefinish": attempt.timefinish,
        "timemodified": attempt.timemodified,
        "timemodifiedoffline": 0,
        "timecheckstate": None if attempt.state == "finished" else attempt.timestart + 86400,
        "sumgrades": _sum(attempt),
        "gradeitemmarks": [],
        "gradednotificationsenttime": None,
    }


def _sum(attempt: QuizAttempt) -> float | None:
    """The marks of an attempt; None as long as one waits for a person."""
    if attempt.state != "finished" or any(each.mark is None for each in attempt.answers):
        return None
    return sum(each.mark or 0 for each in attempt.answers)


@function("mod_quiz_get_attempt_review", attemptid=int, page=(int, -1))
def attempt_review(call: Call) -> Any:
    """The answers of an attempt, each inside the page that a teacher would see."""
    attempt = call.school.quiz_attempts.get(call["attemptid"])
    if attempt is None:
        raise no_record()
    quiz = call.school.quizzes[attempt.quiz]
    call.course(quiz.course)
    call.account.needs("mod/quiz:viewreports", "View quiz reports")
    total = _sum(attempt)
    most = sum(points for _, _, points in quiz.questions)
    return {
        "grade": None if total is None else total * quiz.grade / most,
        "attempt": _quiz_attempt(call, attempt),
        "additionaldata": [],
        "questions": [
            _question(attempt, number, question, answer)
            for number, (question, answer) in enumerate(zip(quiz.questions, attempt.answers, strict=True), 1)
        ],
        "warnings": [],
    }


def _question(
    attempt: QuizAttempt, number: int, question: tuple[str, str, float], answer: QuizAnswer
) -> dict[str, Any]:
    kind, text, most = question
    stateclass, status = QUESTION_STATES[answer.state]
    marked = "" if answer.mark is None else f"{answer.mark:.2f}"
    response = "qtype_essay_editor qtype_essay_response readonly" if kind == "essay" else "answer"
    page = (
        f'<div id="question-{attempt.id}-{number}" class="que {kind} manualgraded complete">'
        f'<div class="info"><h3 class="no">Question <span class="qno">{number}</span></h3></div>'
        f'<div class="content">'
        f'<div class="formulation clearfix"><h4 class="accesshide">Question text</h4><div class="qtext">'
        f'<div class="clearfix"><p>{text}</p></div></div><div class="ablock"><div class="answer">'
        f'<div role="textbox" class="{response}">{answer.text}</div></div></div></div></div></div>'
    )
    return {
        "slot": number,
        "type": kind,
        "page": 0,
        "questionnumber": str(number),
        "number": number,
        "html": page,
        "responsefileareas": [],
        "sequencecheck": 3,
        "lastactiontime": attempt.timemodified,
        "hasautosavedstep": False,
        "flagged": False,
        "state": answer.state,
        "stateclass": stateclass,
        "status": status,
        "blockedbyprevious": False,
        "mark": marked,
        "maxmark": most,
        "settings": json.dumps({"responseformat": "editor"} if kind == "essay" else {}),
    }
