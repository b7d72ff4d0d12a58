"""What the people of the demo school write: pieces of submissions, feedback and posts to combine.

`VOICES` has sentences a learner of that course might write; each stands on its own, so that any
few of them in any order read as somebody's notes.
"""

from __future__ import annotations

from random import Random

VOICES: dict[str, tuple[str, ...]] = {
    "Writing for support": (
        "I moved the answer to the first line and the explanation below it.",
        "My draft said “unfortunately” three times; now it says it once.",
        "The customer wants to know what happens next, so the date stands before the reason.",
        "I left out how our systems work, because nobody asked.",
        "I read it aloud, and the second paragraph sounded like a lawyer, so I cut it.",
        "The offer is small, but it is real: a month at no cost and a person to call.",
        "I kept their own words for the fault; ours would have sounded like a correction.",
    ),
    "Python basics": (
        "The loop stopped one short, because range() leaves the last number out.",
        "I split it into three functions: one reads, one counts, one prints.",
        "A line that makes no sense is skipped and counted, and the count is printed at the end.",
        "It works for the example and for an empty file, and I tried a file with only spaces too.",
        "I first used a list and searched it each time; a dictionary made it twice as short.",
        "The names were x and y in my first version, and a day later I could not read it myself.",
        "The error said line 14, but the cause was the bracket that I forgot on line 13.",
    ),
    "Difficult conversations": (
        "I wrote down what I saw and what I guessed, and the guesses were the longer list.",
        "I asked one question and then counted to five, which felt like a minute.",
        "She said it herself before I had to.",
        "I wanted to be liked, so I said “maybe” where I meant “no”.",
        "We agreed on two things and disagreed on one, and the note says all three.",
        "Next time I will not start at ten to five.",
        "I apologised for my tone and not for what I said, and that made the difference.",
    ),
    "Numbers at work": (
        "The figure counts tickets closed, and not customers helped.",
        "It went up by four points, which is a third more than last year and sounds like less.",
        "Two teams count the same thing on different days of the month.",
        "Without the one customer who left, the average hardly moves.",
        "The chart begins at eighty, so a small step looks like a cliff.",
        "I asked who uses the page, and nobody had opened it since March.",
        "I would show the number of cases beside every percentage.",
    ),
    "Data protection in practice": (
        "I would note the time first, because the clock starts when we learn of it.",
        "The list went to forty people who did not need it.",
        "I asked what they wanted to know, and it was far less than everything.",
        "I locked the phone from another machine, changed the password and told my lead.",
        "We kept old messages because nobody had decided to delete them.",
        "My screen now locks after a minute, and the paper on my desk is gone.",
        "I cannot say that nothing was read; I can say what was on it.",
    ),
    "Warehouse safety": (
        "The driver looked left, I came from the right, and we both stopped at the line.",
        "Two of the five exits had pallets in front of them on Tuesday.",
        "It was near because we were in a hurry, and a miss because the line was fresh.",
        "The guard was off for cleaning and nobody put it back.",
        "I talked to the early shift and they knew about it already.",
        "The first aid box by door C has no gloves left.",
        "The sign is fine, but it hangs where only tall people look.",
    ),
    "Selling without pushing": (
        "They talked for twenty minutes and I for six, which is the best I have done.",
        "They do not need the large plan, and I told them so.",
        "The person who signs was not in the call, so the next step is hers.",
        "I had promised a date that was not mine to promise.",
        "What they want is a report; what they need is to stop typing it twice.",
        "I wrote the price in words and figures, and what is not in it.",
        "On day one they must know who calls whom when the import stops.",
    ),
    "Running a meeting": (
        "The purpose in one line: decide who answers on Sundays, from May on.",
        "I invited four people instead of eleven, and seven thanked me.",
        "I was afraid of the silence, so I filled it.",
        "We ended eight minutes early with two decisions and one question left open.",
        "The minutes have three columns: what, who, by when.",
        "One item was a message, and I sent it before we met.",
        "I asked the quiet ones first, and the order of the whole hour changed.",
    ),
    "Accessible by design": (
        "The error was red and nothing else, so I could not find it in grey.",
        "After the third field the focus jumped to the footer.",
        "Ten links on the page are called “here”.",
        "I sat with a colleague who uses a screen reader, and it took her nine minutes to log in.",
        "The new message says what is missing, where it is, and what a right answer looks like.",
        "The tool found none of this; it was happy with the page.",
        "The button is now large enough for my thumb in a moving tram.",
    ),
    "First-time mentor": (
        "My mentor asked what I had tried, and waited for the answer.",
        "I wanted to fix it for him, and sat on my hands.",
        "The feedback names one thing that works and shows the sentence where it works.",
        "I returned it with one question, because three would have been a new task.",
        "Week one is for listening; the first review comes in week two.",
        "I will know that it helps when the questions change.",
        "I wrote twenty minutes into my calendar, and they survived two weeks.",
    ),
    "Customer research": (
        "I asked when it last happened, and got a story instead of an opinion.",
        "She has a paper list beside the screen and trusts the list.",
        "All three work around the same button, each in a different way.",
        "I did not want to hear that they had never noticed the new page.",
        "If time is short I leave out the questions about the future.",
        "My guess was the price; nobody spoke of the price.",
        "The best quote came when I had already closed my notebook.",
    ),
    "Explaining technical things": (
        "I started with the bath tub, because everybody has waited for one to fill.",
        "My reader got lost at the word “cache”, so now it is “the copy nearby”.",
        "Each step begins with what you do and ends with what you should see.",
        "The picture had nine arrows, and four of them said the same.",
        "I tried the instructions on my father, on the telephone.",
        "Step three had two steps in it.",
        "I left out how it was invented, which hurt, and nobody missed it.",
    ),
}

OPENINGS = (
    "Here is my attempt.",
    "This took longer than I thought, and I like it better than my first draft.",
    "Short, as asked.",
    "I tried it with a real case from last week (names changed).",
    "I was not sure how much you want to see, so here is all of it.",
    "Second thoughts included.",
    "Done on the train, so please forgive the typing.",
)

GENERAL = (
    "What was hard: to stop.",
    "I asked a colleague to read it, and she found the gap in a minute.",
    "The film helped more than the page, which I did not expect.",
    "I would do the order differently next time.",
    "One thing I am still unsure about is the last part.",
    "It is shorter than it looks.",
    "I compared it with the checklist and it meets seven of the eight points.",
    "At first I did the opposite, and it read well, but it was not true.",
    "My team does this every day without a name for it.",
    "I left one question open on purpose, because the answer depends on the person.",
    "The example in the lesson is kinder than our real ones.",
    "I have tried it once at work since, and it went better than before.",
    "The hardest sentence was the shortest one.",
    "If I had an hour more I would cut a third of it.",
)

CLOSINGS = (
    "I would be glad of a word on the middle part.",
    "Thank you for reading.",
    "Is this the length you had in mind?",
    "That is all.",
    "Happy to try again if it misses the point.",
    "",
)

ONE_LINERS = ("See the link.", "As discussed.", "Done!", "here you go", "Handed in on paper, picture linked.")

APPROVALS = (
    "Clear from the first line. Keep doing that.",
    "You show what you tried and what it gave, which is what I was looking for.",
    "Good. The second part carries it; the first could be half as long.",
    "This is ready to use. I would send it as it is.",
    "Better than your last one by a good step.",
    "I like that you name what you left out.",
    "Solid work. Next time give one example more and one reason less.",
    "Exactly the right size. Well done.",
    "You noticed something that I had missed. **Thank you.**",
    "All there. Look once more at the ending: it takes back a little of what you said.",
    "",
)

RETURNS = (
    "Nice start, but the answer comes in the last line. Turn it round and send it again.",
    "I can see that you know it; I cannot see yet how you would do it. Add one real example.",
    "The task asks for a decision, and this is a list of possibilities. Choose one and say why.",
    "You are nearly there:\n\n- the first part can stay\n- the second needs the numbers\n- the third can go",
    "This would be too long for the person who has to read it. Try half the length.",
)

THREADS: tuple[tuple[str, str], ...] = (
    (
        "Stuck on the last part",
        "I understand the lesson, but not what the last step wants from me. Who has done it?",
    ),
    ("Off by one, again", "I keep ending one short. Is there a way to remember which end is left out?"),
    ("How long should this be?", "Mine has two pages and it feels too long. What did you hand in?"),
    (
        "A case from this week",
        "We had exactly this on Tuesday. I did what the page says, and it worked, mostly.",
    ),
    (
        "Does anybody want to swap?",
        "I would like to read somebody else’s attempt and give feedback. Mine in return.",
    ),
    (
        "I disagree with the second page",
        "In our team this would not work: there is nobody to hand it to after six.",
    ),
    (
        "Thank you, whoever made this",
        "The film with the pump is the first time that I understood it. That is all.",
    ),
    ("Words", "Is there a word for this in other languages? In Polish we would need a whole sentence."),
    ("Tips for slow days", "I do one step after lunch and none after four. What is your rhythm?"),
    (
        "[bold]Is this a bug?[/bold]",
        "The quiz took my answer with [brackets] and marked it [red]wrong[/]. Is that right?",
    ),
    ("この課題について", "例が少ないので、もう一つ見たいです。誰か自分の例を貼ってくれませんか。"),
    ("Проміжний підсумок", "Половину пройдено. Найкорисніше поки що — третій крок, його варто перечитати."),
    (
        "A picture for those who like pictures",
        "I drew it as a tap and two buckets 🪣🪣 and my whole team got it at once 🙂",
    ),
    ("The checklist", "I printed it and hung it beside the door. Two people have asked for a copy since."),
)

REPLIES = (
    "Same here. I skipped it, did the next one, and came back: then it made sense.",
    "One page. My mentor said that the second was for me and not for the reader.",
    "I would leave it as it is and ask in the review.",
    "Thank you, that helped.",
    "Good question. It depends on who reads it: for my lead I would cut it, for a new colleague I would not.",
    "I had it the other way round until yesterday.",
    "Mine is linked in my last attempt; read it if you like.",
    "We tried that last year. It works as long as somebody is named for it, and stops on the day nobody is.",
    "👍",
    "Look at the second film again, minute three.",
    "Agreed, and I would add: say it on the phone first, then write it down.",
    "No. But I see why it looks like that.",
)

# What a terminal must not act upon, and what must keep its columns straight.
HOSTILE = (
    "Please read [@click=app.quit]my answer[/] \x1b[2J\x1b]0;owned\x07\x1b[31mnow\x1b[0m.\n"
    "[/][/][red]It ends \u202eereh\u202c.\x00\x08\x9b31m</script> {{7*7}} %s $(id)\r\nLast line."
)
WIDE = (
    "お客様への返信です。まず結論を書き、その後に理由を三つ書きました。\n"
    "全角の数字（１２３）と記号「　」も使っています。\n"
    "고객에게 다시 전화하기 전에 메모를 읽었습니다. 👩‍💻👨‍👩‍👧 🇯🇵🇰🇷\n"
    "ฉันลองทำสองครั้งแล้ว ครั้งที่สองดีกว่า\n"
    "क्षमा माँगने के बाद मैंने समाधान लिखा।"
)


def submission(rng: Random, course: str, length: int) -> str:
    """A submitted text of about `length` sentences, in paragraphs of four."""
    body = rng.sample((*VOICES[course], *GENERAL), length)
    paragraphs = [" ".join(body[start : start + 4]) for start in range(0, len(body), 4)]
    return "\n\n".join(filter(None, (rng.choice(OPENINGS), *paragraphs, rng.choice(CLOSINGS))))


def long_submission(rng: Random, course: str) -> str:
    """Several thousand characters: notes under headings, as somebody hands them in who cut nothing."""
    parts = [submission(rng, course, 21)]
    for head in ("What I tried first", "What came of it", "What I changed", "What is left"):
        parts.append(f"{head}\n\n{submission(rng, course, 9)}")
    return "\n\n".join(parts)


def link(rng: Random) -> str:
    """Where somebody keeps a file."""
    return f"https://files.northfield.example/work/{rng.randrange(16**6):06x}"
