"""Small cases of an event log with the rows expected for them, worked out by hand.

7 January 2013 is a Monday. Rome is one hour before UTC in winter, two in summer.
Targets: an answer within 1 hour, a solution within 5 (300 minutes). Moments are written
``DAY-HH:MM[:SS]`` for January 2013 and in full for other months; ``-`` is empty.
"""

HOURS = {"RESPOND": "1", "RESOLVE": "5"}

# case | local time | activity
LOG = """
A | 2013/01/07 09:00:00.000 | Assign seriousness
A | 2013/01/07 09:30:00.000 | Take in charge ticket
A | 2013/01/07 12:00:00.000 | Resolve ticket
A | 2013/01/07 18:00:00.000 | Closed
B | 2013/01/07 09:00:00.000 | Insert ticket
B | 2013/01/07 10:00:01.000 | Take in charge ticket
B | 2013/01/07 11:00:00.000 | Take in charge ticket
B | 2013/01/07 14:00:00.000 | Resolve ticket
C | 2013/01/07 09:00:00.000 | Assign seriousness
C | 2013/01/07 10:00:00.000 | Wait
C | 2013/01/07 12:00:00.000 | Assign seriousness
C | 2013/01/07 13:30:00.000 | Resolve ticket
D | 2013/01/07 09:00:00.000 | Insert ticket
D | 2013/01/07 10:00:00.000 | Wait
D | 2013/01/07 11:00:00.000 | Wait
D | 2013/01/07 15:00:00.000 | Resolve ticket
E | 2013/01/07 09:00:00.000 | Assign seriousness
E | 2013/01/07 11:00:00.000 | Wait
F | 2013/01/07 09:00:00.000 | Assign seriousness
F | 2013/01/07 15:00:00.000 | Wait
G | 2013/01/11 09:00:00.000 | Assign seriousness
G | 2013/01/11 09:10:00.000 | Take in charge ticket
G | 2013/01/11 12:00:00.000 | Resolve ticket
G | 2013/01/11 13:00:00.000 | Closed
G | 2013/01/11 15:00:00.000 | Resolve ticket
G | 2013/01/11 15:30:00.000 | VERIFIED
G | 2013/01/11 15:31:00.000 | RESOLVED
G | 2013/01/14 10:00:00.000 | Take in charge ticket
G | 2013/01/14 12:00:00.000 | Resolve ticket
H | 2013/01/11 09:00:00.000 | Assign seriousness
H | 2013/01/11 12:00:00.000 | Resolve ticket
H | 2013/01/14 10:00:00.000 | INVALID
I | 2013/01/11 09:00:00.000 | Assign seriousness
I | 2013/01/11 12:00:00.000 | Resolve ticket
I | 2013/01/14 10:00:00.000 | Wait
I | 2013/01/14 11:00:00.000 | Closed
J | 2013/01/07 09:00:00.000 | Insert ticket
J | 2013/01/07 10:00:00.000 | RESOLVED
J | 2013/01/07 11:00:00.000 | VERIFIED
J | 2013/01/07 12:00:00.000 | Closed
K | 2013/01/07 10:00:00.000 | Take in charge ticket
K | 2013/01/07 11:00:00.000 | Resolve ticket
L | 2013/01/07 10:00:00.900 | Resolve ticket
M | 2013/01/07 09:00:00.000 | Assign seriousness
M | 2013/01/07 10:00:00.000 | Resolve ticket
M | 2013/01/07 10:00:00.000 | Take in charge ticket
N | 2013/01/07 09:00:00.000 | Assign seriousness
N | 2013/01/07 10:00:00.000 | Take in charge ticket
N | 2013/01/07 10:00:00.000 | Resolve ticket
O | 2013/01/08 09:30:00.000 | Resolve ticket
P | 2013/03/30 22:00:00.000 | Assign seriousness
O | 2013/01/07 17:30:00.000 | Assign seriousness
P | 2013/03/31 03:30:00.000 | Take in charge ticket
P | 2013/04/01 09:30:00.000 | Resolve ticket
Q | 2012/10/28 02:30:00.000 | Assign seriousness
Q | 2012/10/28 03:00:00.000 | Take in charge ticket
Q | 2012/10/28 04:00:00.000 | Resolve ticket
R | 2013/03/31 02:30:00.000 | Resolve ticket
R | 2013/03/31 03:10:00.000 | Assign seriousness
S | 2013/01/07 09:00:00.000 | Assign seriousness
S | 2013/01/07 09:00:07.500 | Take in charge ticket
S | 2013/01/07 09:00:22.500 | Resolve ticket
T | 2013/01/07 10:00:00.000 | Wait
T | 2013/01/07 10:30:00.000 | Take in charge ticket
U | 2013/01/07 09:00:00.000 | Assign seriousness
U | 2013/01/07 12:00:00.000 | Wait
U | 2013/01/09 12:00:00.000 | Resolve ticket
U | 2013/01/09 12:00:00.000 | Wait
V | 2013/01/07 09:00:00.000 | Assign seriousness
V | 2013/01/07 10:00:00.000 | Wait
V | 2013/01/07 11:30:00.000 | Wait
"""

# case clock started stopped used paused deadline outcome
ROUND_THE_CLOCK = """
A respond 07-08:00 07-08:30  30.00   0.00 07-09:00 met
A resolve 07-08:00 07-11:00 180.00   0.00 07-13:00 met
# One second late; the second taking in charge changes nothing. 300 minutes are in time.
B respond 07-08:00 07-09:00:01 60.02 0.00 07-09:00 missed
B resolve 07-08:00 07-13:00 300.00   0.00 07-13:00 met
# Never taken in charge. 60 + 90 used; from 12:00 on 240 were left: 16:00.
C respond 07-08:00 -          0.00   0.00 07-09:00 open
C resolve 07-08:00 07-12:30 150.00 120.00 07-15:00 met
# One pause from 10:00 to the solution, running on from there with 240: 19:00.
D respond 07-08:00 -          0.00   0.00 07-09:00 open
D resolve 07-08:00 07-14:00  60.00 300.00 07-18:00 met
# A pause still open counts nothing and has no deadline...
E respond 07-08:00 -          0.00   0.00 07-09:00 open
E resolve 07-08:00 -        120.00   0.00 -        open
# ...unless it was reached before: at 14:00, after 300 of 360.
F respond 07-08:00 -          0.00   0.00 07-09:00 open
F resolve 07-08:00 -        360.00   0.00 07-13:00 open
# 180 on Friday, the weekend does not count, 120 on Monday: reached at the very end.
G respond 11-08:00 11-08:10  10.00   0.00 11-09:00 met
G resolve 11-08:00 14-11:00 300.00   0.00 14-11:00 met
# Reopened on Monday 10:00 with 120 left; measured to that moment.
H respond 11-08:00 -          0.00   0.00 11-09:00 open
H resolve 11-08:00 -        180.00   0.00 14-11:00 open
# A Wait reopens and pauses; Closed is the next event, ends the pause, stops nothing.
I respond 11-08:00 -          0.00   0.00 11-09:00 open
I resolve 11-08:00 -        180.00  60.00 14-12:00 open
# Never resolved by a "Resolve ticket".
J respond 07-08:00 -          0.00   0.00 07-09:00 open
J resolve 07-08:00 -          0.00   0.00 07-13:00 open
# The first event starts and stops the clock.
K respond 07-09:00 07-09:00   0.00   0.00 07-10:00 met
K resolve 07-09:00 07-10:00  60.00   0.00 07-14:00 met
# Milliseconds are cut off where shown.
L respond 07-09:00 -          0.00   0.00 07-10:00 open
L resolve 07-09:00 07-09:00   0.00   0.00 07-14:00 met
# The same moment in two orders: reopened by the taking in charge, or solved after it.
M respond 07-08:00 07-09:00  60.00   0.00 07-09:00 met
M resolve 07-08:00 -         60.00   0.00 07-13:00 open
N respond 07-08:00 07-09:00  60.00   0.00 07-09:00 met
N resolve 07-08:00 07-09:00  60.00   0.00 07-13:00 met
# The file's order is not the order of time. 17:30 to 9:30 are 16 hours.
O respond 07-16:30 -          0.00   0.00 07-17:30 open
O resolve 07-16:30 08-08:30 960.00   0.00 07-21:30 missed
# 22:00 is 21:00 UTC; 3:30 in summer time is 1:30 UTC; Monday 9:30 is 7:30 UTC.
P respond 2013-03-30T21:00 2013-03-31T01:30  270.00 0.00 2013-03-30T22:00 missed
P resolve 2013-03-30T21:00 2013-04-01T07:30 2070.00 0.00 2013-03-31T02:00 missed
# 2:30 came twice: the first is 0:30 UTC, and 3:00 is 2:00 UTC.
Q respond 2012-10-28T00:30 2012-10-28T02:00  90.00 0.00 2012-10-28T01:30 missed
Q resolve 2012-10-28T00:30 2012-10-28T03:00 150.00 0.00 2012-10-28T05:30 met
# 2:30 did not exist: 1:30 UTC, which is after 3:10 = 1:10 UTC.
R respond 2013-03-31T01:10 -                  0.00 0.00 2013-03-31T02:10 open
R resolve 2013-03-31T01:10 2013-03-31T01:30  20.00 0.00 2013-03-31T06:10 met
# 0.125 and 0.375 minutes: a tie goes to the even digit.
S respond 07-08:00 07-08:00:07 0.12  0.00 07-09:00 met
S resolve 07-08:00 07-08:00:22 0.38  0.00 07-13:00 met
# Waiting from the start on: the answer's clock runs, the other resumes at 10:30.
T respond 07-09:00 07-09:30  30.00   0.00 07-10:00 met
T resolve 07-09:00 -          0.00  30.00 07-14:30 open
# Solved while waiting, and at the same moment waiting again: paused, 120 left.
U respond 07-08:00 -          0.00   0.00 07-09:00 open
U resolve 07-08:00 -        180.00 2880.00 -       open
# The second Wait is the event that ends the first; its own pause is still open.
V respond 07-08:00 -          0.00   0.00 07-09:00 open
V resolve 07-08:00 -         60.00  90.00 -        open
"""

# As above; only office hours count: 9-13 and 14-18, which is 8-12 and 13-17 in UTC.
OFFICE = """
A respond 07-08:00 07-08:30  30.00   0.00 07-09:00 met
# 240 to 13:00, the other 60 from 14:00 on.
A resolve 07-08:00 07-11:00 180.00   0.00 07-14:00 met
B respond 07-08:00 07-09:00:01 60.02 0.00 07-09:00 missed
# The hour of lunch does not count.
B resolve 07-08:00 07-13:00 240.00   0.00 07-14:00 met
C respond 07-08:00 -          0.00   0.00 07-09:00 open
# 60 + 60; from 12:00 on 240 left: one hour before lunch, three after.
C resolve 07-08:00 07-12:30 120.00 120.00 07-16:00 met
D respond 07-08:00 -          0.00   0.00 07-09:00 open
# Waiting 180 + 60; from 15:00 on 240: three hours, and one on Tuesday.
D resolve 07-08:00 07-14:00  60.00 240.00 08-09:00 met
E respond 07-08:00 -          0.00   0.00 07-09:00 open
E resolve 07-08:00 -        120.00   0.00 -        open
F respond 07-08:00 -          0.00   0.00 07-09:00 open
# 240 + 60: the target was reached at the moment of the pause.
F resolve 07-08:00 -        300.00   0.00 07-14:00 open
G respond 11-08:00 11-08:10  10.00   0.00 11-09:00 met
G resolve 11-08:00 14-11:00 300.00   0.00 14-11:00 met
H respond 11-08:00 -          0.00   0.00 11-09:00 open
H resolve 11-08:00 -        180.00   0.00 14-11:00 open
I respond 11-08:00 -          0.00   0.00 11-09:00 open
# 120 left at 11:00: the closing second before lunch.
I resolve 11-08:00 -        180.00  60.00 14-12:00 open
J respond 07-08:00 -          0.00   0.00 07-09:00 open
J resolve 07-08:00 -          0.00   0.00 07-14:00 open
K respond 07-09:00 07-09:00   0.00   0.00 07-10:00 met
K resolve 07-09:00 07-10:00  60.00   0.00 07-15:00 met
L respond 07-09:00 -          0.00   0.00 07-10:00 open
L resolve 07-09:00 07-09:00   0.00   0.00 07-15:00 met
M respond 07-08:00 07-09:00  60.00   0.00 07-09:00 met
M resolve 07-08:00 -         60.00   0.00 07-14:00 open
N respond 07-08:00 07-09:00  60.00   0.00 07-09:00 met
N resolve 07-08:00 07-09:00  60.00   0.00 07-14:00 met
# 30 on Monday and 30 on Tuesday; 300 are 30 + 240 + 30: Tuesday 14:30.
O respond 07-16:30 -          0.00   0.00 08-08:30 open
O resolve 07-16:30 08-08:30  60.00   0.00 08-13:30 met
# Nothing counts before Monday 9:00, which is 7:00 UTC in summer time.
P respond 2013-03-30T21:00 2013-03-31T01:30  0.00 0.00 2013-04-01T08:00 met
P resolve 2013-03-30T21:00 2013-04-01T07:30 30.00 0.00 2013-04-01T13:00 met
Q respond 2012-10-28T00:30 2012-10-28T02:00  0.00 0.00 2012-10-29T09:00 met
Q resolve 2012-10-28T00:30 2012-10-28T03:00  0.00 0.00 2012-10-29T14:00 met
R respond 2013-03-31T01:10 -                 0.00 0.00 2013-04-01T08:00 open
R resolve 2013-03-31T01:10 2013-03-31T01:30  0.00 0.00 2013-04-01T13:00 met
S respond 07-08:00 07-08:00:07 0.12  0.00 07-09:00 met
S resolve 07-08:00 07-08:00:22 0.38  0.00 07-14:00 met
T respond 07-09:00 07-09:30  30.00   0.00 07-10:00 met
T resolve 07-09:00 -          0.00  30.00 07-15:30 open
U respond 07-08:00 -          0.00   0.00 07-09:00 open
# 60 + 240 on Monday, 480 on Tuesday, 180 on Wednesday.
U resolve 07-08:00 -        180.00 960.00 -       open
V respond 07-08:00 -          0.00   0.00 07-09:00 open
V resolve 07-08:00 -         60.00  90.00 -        open
"""


def log():
    """Return the log as lists of case, activity and local time."""
    rows = (line.split(" | ") for line in LOG.strip().splitlines())
    return [[case, activity, moment] for case, moment, activity in rows]


def expected(text):
    """Return a table of above as the command writes it, without the header."""
    return [
        [case, clock, *map(_moment, moments), used, paused, _moment(deadline), outcome]
        for case, clock, *moments, used, paused, deadline, outcome in (
            line.split() for line in text.strip().splitlines() if line[0] != "#"
        )
    ]


def _moment(short):
    """Return a moment in full."""
    if short == "-":
        return ""
    day, hour = short.split("T") if "T" in short else short.split("-")
    day = day if "-" in day else f"2013-01-{day}"
    return f"{day} {hour}" + ("" if hour.count(":") == 2 else ":00")
