"""The made-up courses of the demo school, as an outline: course, lesson, step, and what a step asks for.

A step's line is its kind, its title and, after a slash, the points it can earn.
"""

OUTLINE = """
Writing for support
  First replies
    watch tone in one minute
    read what a first reply is for
    quiz which reply? /10
    essay Essay 1: the upgrade /20
      A customer was promised an upgrade that does not exist. Write the reply they get from you today.
    reflection Reflection: the reply you would take back
      Think of a message you sent too fast. What would you change, and what would you keep?
  Saying no
    watch no, without the fog
    read refusals that kept the customer
    quiz spot the excuse /10
    essay Essay 2: a refund, refused /20
      Write to a customer who asks for a refund after the deadline. Say no, and keep the customer.
    reflection Reflection
      Which refusal is hardest for you, and why?
  Bad days
    watch an outage, hour by hour
    read status messages that calm people
    quiz what do we know? /10
    project a status page for a bad Monday /40
      Write the four messages of one outage: first notice, two updates and the end. Link or paste them.
  Handing over
    read a note the night shift can use
    quiz what is missing? /10
    essay Essay 3: one ticket, three teams /20
      Hand over a ticket that three teams have touched. The next person should need no other page.
    reflection Looking back
      Compare your first essay with your last. What has changed?

Python basics
  Values and names
    watch a program is a list of steps
    read names, numbers and text
    quiz what does it print? /10
    project a tip calculator /20
      Ask for an amount and a share, and print what each person pays. Say how you tried it.
  Loops
    watch doing it again
    read for, while and when to stop
    quiz Quiz 3 /10
    project count the words /30
      Read a text file and print the ten most frequent words with their counts.
    reflection Reflection: where it went wrong
      Describe one error of this week: what you saw, what you thought it was, what it was.
  Functions
    read small functions with good names
    quiz what comes back? /10
    project a small parser /50
      Read lines such as “3 apples, 2 pears” into a dictionary. Decide what a bad line does, and say so.
  Files and failure
    watch when the file is not there
    read errors are answers
    quiz which exception? /10
    project a tidy address book /50
      Load, change and save an address book. It must survive a file that is empty or broken.

Difficult conversations
  Before you speak
    watch the sentence before the sentence
    read facts, guesses and feelings
    quiz fact or guess? /10
    reflection Reflection: a talk I put off
      Which conversation have you been putting off? What would be the first sentence?
  In the room
    watch silence is an answer
    read asking without leading
    quiz open or closed? /8
    essay Essay: a complaint about a colleague /20
      Somebody complains to you about a person you like. Write down what you say in the first five minutes.
  Afterwards
    read one page nobody disputes
    quiz what belongs in the note? /8
    essay Essay: the note /15
      Write the note of the conversation above so that both could sign it.
    reflection What I will do differently
      Name one habit to keep and one to drop.

Numbers at work
  Reading a table
    watch what is a row?
    read totals, averages and the odd one out
    quiz which column? /10
    read how a total goes wrong
  Change
    watch percent of what?
    read points and percents are not the same
    quiz up or down? /10
    essay A figure from this week /15
      Take one figure from a report you were sent this week. Say what it counts and what it hides.
  Charts
    read the axis that does not start at nought
    quiz which chart? /10
    project one page for your team /40
      One page with three numbers and one chart that your team could act on. Link it, and say why these three.
    reflection Reflection
      What will you no longer believe at first sight?

Data protection in practice
  What it is about
    watch whose data is it?
    read six rules on one page
    quiz personal or not? /10
  Every day
    watch the open screen
    read sending lists, and not sending them
    quiz may I send this? /10
    essay A request for a copy /15
      Somebody asks for everything we hold about them. Write down what you do on the first day.
  When it goes wrong
    watch a Friday at five
    read the first hour
    quiz tell whom, when? /10
    essay The lost phone /20
      Your phone with customer messages is gone. Write the report to the person in charge.
    reflection One thing I changed on my desk
      Describe one thing you do differently since the first lesson.

Warehouse safety
  Walking and lifting
    watch the yellow line
    read lift with a plan
    quiz whose way is it? /10
    read shoes, gloves, vests
  Machines
    watch three checks before you drive
    read keys, guards and switches
    quiz stop or go? /12
    essay A near miss /15
      Describe a near miss you saw or read about. What made it near, and what made it a miss?
  Fire and first aid
    watch two exits
    read who does what
    quiz which extinguisher? /10
    project walk your floor /20
      Walk your floor with the checklist. List what you found, with a link to pictures if you may take them.

Selling without pushing
  The first call
    watch ask, then be quiet
    read ten questions that open a door
    quiz who talks more? /10
    essay Notes of a first call /15
      Write the notes of a first call, real or imagined: what they need, what they said, what happens next.
  Needs
    watch wants and needs
    read when we are not the answer
    quiz need, want or wish? /10
    reflection Reflection: a sale I should not have made
      Tell it plainly. What did the customer need instead?
  Offers
    read one page, three prices
    quiz find the catch /10
    project an offer on one page /40
      Write an offer on one page for the customer of your first call. No attachments.
  After yes
    watch the week after
    read promises and dates
    quiz who owns it? /10
    essay Handing a customer over /20
      Hand your customer over to the people who will look after them. What must they know on day one?

Running a meeting
  Why meet at all
    watch the meeting that was a message
    read a purpose in one line
    quiz meet, call or write? /10
    essay An invitation /10
      Write the invitation to a meeting you would like to be asked to: purpose, people, time, what to bring.
  In the middle
    watch the person who says nothing
    read timekeeping without a whip
    quiz what do you say now? /10
    reflection Reflection: when I talked too much
      When was the last time, and what were you afraid would happen if you stopped?
  The end
    watch the last five minutes
    read decisions, owners, dates
    quiz is this a decision? /10
    project minutes somebody reads /20
      Write the minutes of a real meeting on one page at most. Names may be changed.

Accessible by design
  Who is left out
    watch five people, one form
    read what a screen reader hears
    quiz who can use this? /10
    reflection Reflection: a door I did not see
      Where did you last make something that somebody could not use?
  Words and colour
    watch contrast at noon
    read links that say where they go
    quiz label, hint or error? /10
    essay Rewrite an error /15
      Take one error message from a product you use, and rewrite it for somebody under stress.
  Keyboard
    watch without a mouse for a day
    read the order of things
    quiz where is the focus? /10
    project a form for everybody /50
      Build or sketch a form with five fields that works by keyboard, voice and touch. Link it.
  Checking
    read what a tool can tell you, and what it cannot
    quiz pass or fail? /10
    essay A report to the team /20
      Test a page for an hour. Report the three findings that matter most, and to whom.

First-time mentor
  The part you play
    watch not a teacher, not a boss
    read what learners say helped
    quiz whose job is it? /8
    reflection The mentor I had
      Describe somebody who helped you learn. What did they not do?
  Feedback
    watch three sentences that work
    read about the work, not the person
    quiz better or worse? /10
    essay Two pieces of feedback /20
      Pick two attempts at one task from the discussion. Write four sentences of feedback to each.
    essay A return for another try /20
      Send work back to somebody who worked hard on it. They should want to start at once.
  Time
    read twenty minutes a week
    quiz now or later? /8
    project a plan for six weeks /30
      Plan six weeks with one learner: what you look at, when, and how you will notice that it helps.

Customer research
  Questions
    watch the answer you wanted
    read past beats future
    quiz leading or open? /10
    essay An interview guide /20
      Write a guide of eight questions for half an hour. Say what you would leave out if time is short.
  Listening
    watch five minutes of an interview
    read notes and quotes
    quiz what did she say? /10
    project three interviews /50
      Hold three interviews. Hand in the notes with names removed, and what surprised you.
    reflection Reflection: what I did not want to hear
      Which answer made you uncomfortable?
  Making sense
    read piles, not charts
    quiz finding or opinion? /10
    essay Findings on one page /25
      Three findings, each with two quotes and one thing the team could do next week.

Explaining technical things
  One idea
    watch a pump, a pipe and a tap
    read start where they are
    quiz what do they know? /10
    essay One idea, one page /20
      Explain one thing you know well to somebody clever who has never met it. No drawings.
  Pictures
    watch boxes and arrows, fewer of them
    read when a picture lies
    quiz which picture? /10
    project draw it on one card /20
      Draw your idea on a card. Link a picture of it, with a sentence for those who cannot see it.
  Steps
    read instructions that survive the phone
    quiz what is step two? /10
    essay Instructions for a tired person /20
      Write instructions for a task at two in the morning. Somebody else must be able to follow them.
    reflection Reflection
      Where did your reader get lost, and what did you change?
"""
