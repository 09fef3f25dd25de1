"""Pure. Words as the check compares them: stems, synonyms, numbers, and the small words that facts hang on.

Written by hand from general usage: what an article and an honest retelling of it say in different words. A group holds
only words that can stand for each other without making a true sentence false.
"""

import re
from functools import cache

from daemon.steps.words import fold

TOKEN = re.compile(
    r"https?://[^\s<>\"'`)\]]+|(?:(?<![\w.)°%])-)?\d+(?:[.,:]\d+)*|[^\W_]+(?:['’][^\W_]+)?|[%€$£°]", re.IGNORECASE
)

_GROUPS = """
open visit navigate access reach browse
click press select choose pick tap tick hit push
check verify confirm validate ensure
see view watch look find display show appear list locate
enter type input fill
close shut quit exit
replace substitute swap change
save store
power feed supply
rely depend need
carry hold
chosen selected select choose
follow complete perform carry finish
want wish desire intend plan like
parcel package
deliver ship send
phone mobile smartphone
cancel end stop
many numerous several
correct right proper accurate
charge bill
refund reimburse
begin start
review read check look
manage handle care
near nearby next
take pick collect get
gone missing lost
own yourself
understand know learn
create make build generate
assign give allocate
copy duplicate
suspend pause
sync synchronise synchronize
colleague teammate
quota limit allowance
get download obtain fetch receive retrieve
put place drop insert
start run launch begin
restart reboot
turn switch set slide move change
attach connect plug mount link
supply provide give deliver offer grant
contain include comprise
need require must necessary call
use via through utilise utilize
keep retain preserve remain stay still
end finish complete conclude
let allow enable permit able possible free
buy purchase order
delete remove erase wipe clear lose
modify change edit alter adjust
happen occur
help assist
issue problem trouble difficulty
fix resolve solve repair
tell indicate say inform mention state mean
send mail email
contact write
usual normal
try attempt
recommend advise suggest
ask request
arrive get receive
return back
several multiple various
enough sufficient
quick fast rapid
success work fine
sure certain
current present now
also additional further moreover another other alternative
renew renewal
cost price
person people user anybody anyone member
surpass exceed beyond
existing exist already
automatic itself
function functionality feature
computer pc
folder directory
window dialog box
page site website
way method approach option
consequence because therefore hence thus reason
same identical
region range
nation country
shop store
text message
picture image photo
""".strip()

_BASES = {
    word: base
    for base, words in {
        "use": "used uses using",
        "make": "made",
        "normal": "normally",
        "usual": "usually",
        "lose": "lost",
        "buy": "bought",
        "send": "sent",
        "write": "written wrote",
        "choose": "chose chosen",
        "get": "got gotten",
        "give": "given gave",
        "take": "taken took",
        "keep": "kept",
        "go": "goes went gone",
        "find": "found",
        "show": "shown",
        "see": "seen saw",
        "run": "ran running",
        "begin": "began begun",
        "pay": "paid payment",
        "say": "said",
        "tell": "told",
        "leave": "left",
        "become": "became",
        "subscribe": "subscription",
        "install": "installation",
        "connect": "connection",
        "require": "requirement",
        "available": "availability",
        "delete": "deletion",
        "activate": "activation",
        "register": "registration",
        "verify": "verification",
        "complete": "completion",
        "recommend": "recommendation",
        "access": "accessible",
        "success": "successful successfully succeed succeeded",
        "power": "powered",
        "automatic": "automatically",
        "additional": "additionally",
        "alternative": "alternatively",
        "temporary": "temporarily",
        "permanent": "permanently",
        "year": "yearly annual annually",
        "month": "monthly",
        "day": "daily",
        "week": "weekly",
    }.items()
    for word in words.split()
}

# Expressions that count as other words.
_EXPRESSIONS = tuple(
    (re.compile(rf"\b(?:{pattern})" + ("" if words.endswith(" ") else r"(?!\w)")), f" {words} ")
    for pattern, words in (
        (r"no longer", "not"),
        (r"(?:any ?more|any longer)", ""),
        (r"other than|apart from|except(?:ing)? for|aside from|with the exception of|excluding", "except"),
        (r"as soon as|immediately after|(?:from )?the moment(?: that)?", "once"),
        (r"in case|provided that|on condition that", "if"),
        (r"(?:have|has|had) to", "must"),
        (r"make sure|be sure|see to it", "ensure"),
        (r"(?:log|sign)(?:ged|ging|ned|ing)?[ -](?:in|into|on)", "login"),
        (r"(?:log|sign)(?:ged|ging|ned|ing)?[ -](?:out|off)", "logout"),
        (r"(?:sign(?:ed|ing)?|set(?:ting)?) up", "setup"),
        (r"up[ -]to[ -]date", "updated"),
        (r"for the time being", "temporarily"),
        (r"most of all|above all|in particular|particularly", "especially"),
        (r"(?:as a (?:consequence|result)|because of this|for this reason)", "because"),
        (r"in quick succession|quick(?=\W+(?:tap|press|click))", ""),
        (r"(?:go|goes|going|head) to", "open"),
        (r"up to (?:that point|then)|until then", "until"),
        (r"followed by|after that|after which|and then", "then"),
        (r"by (?:itself|themselves)|on its own", "automatically"),
        (r"wait(?:ing)? for", "wait until"),
        (r"before (?:you )?(?:begin|start)(?:ing)?", "first"),
        (r"(?:has|have|had|having) no effect", "not work"),
        (r"lin(?:es?|ed|ing) up", "aligned"),
        (r"unless", "if not"),
        (r"turn(?:s|ed)? out to be", ""),
        (r"both(?= (?:\w+ ){1,4}and )", ""),
        (r"fail(?:s|ed|ing|ure|ures)?", "not success"),
        (
            r"un(?=(?:able|accessible|authori[sz]ed|available|confirmed|expected|installed|known|limited|necessary|paid"
            r"|read|recogni[sz]ed|related|reliable|safe|saved|stable|successful(?:ly)?|supported|usable|used|verified)\b)"
            r"|in(?=(?:accessible|active|compatible|complete|correct(?:ly)?|secure|sufficient|valid)\b)|im(?=possible\b)"
            r"|non[ -](?=\w)",
            "not ",
        ),
        (r"(?:do not|never) forget to|not only", ""),
        (r"no later than|not later than", "within"),
        (r"only (?:afterwards|then|after that)", "then"),
        (r"(?:los(?:e|es|ing|t)|without) (?:(?:the|their|your|all) )?access", "not access"),
        (
            r"(?:costs?|pays?) nothing(?: extra)?|(?:free of charge|(?:at|for|with) no (?:extra |additional )?(?:cost|charge)|without charge)",
            "free",
        ),
        (r"(?:nothing|none|no one|nobody) (?:but|other than)", "only"),
        (r"if not(?=,)|or else", "otherwise"),
        (r"whether or not|no matter", "regardless"),
        (r"instead of|rather than", "not"),
        (r"(?:limited|restricted) to|at (?:the )?most|no more than|not more than|a maximum of", "only"),
        (r"any other", "other"),
        (r"or (?:newer|higher|later|above|up)", "later"),
        (r"for (?:example|instance)|keep in mind(?: that)?|(?:please )?note(?: that)?", ""),
        (
            r"(?:gets?|getting|got|be(?:ing)?|stay|keep) (?:back )?in touch(?: with)?|reach(?:ing)? out(?: to)?",
            "contact",
        ),
        (r"look(?:s|ed|ing)? for|search(?:es|ed|ing)? for", "find"),
        (r"take(?:s|n)? care of|took care of", "manage"),
        (r"prior to", "before"),
        (r"half an hour", "30 minutes"),
        (r"an hour", "1 hour"),
        (r"per ?cent", "%"),
        (r"can ?not", "can not"),
    )
)

NUMBERS = {
    word: str(value) for value, word in enumerate("zero one two three four five six seven eight nine ten".split())
}
NUMBERS |= {"eleven": "11", "twelve": "12", "fifteen": "15", "twenty": "20", "thirty": "30", "sixty": "60"}
NUMBERS |= {"hundred": "100", "dozen": "12", "half": "0.5", "single": "1", "fourteen": "14"}
NUMBERS |= {"twice": "2", "double": "2", "triple": "3", "third": "3rd", "fourth": "4th", "fifth": "5th"}
"""Number words by their figure."""
SECONDS = {"second": 1, "minut": 60, "minute": 60, "hour": 3600, "day": 86400, "week": 604800}
"""The length of units of time, by stem: half an hour is 30 minutes, a day 24 hours."""

NEGATIONS = frozenset(
    "not no never none nothing without neither nor nobody void lack "
    "nicht kein keine keinen nie ohne pas jamais sans nunca sin nao sem niet geen nooit zonder".split()
)
"""Words that deny. `unable`, `fails` and the like are read as `not able`, `not success`."""

# Conditions and quantities, by what they say. A reply may add none of these kinds and drop none of the strict ones.
HINGES = {
    word: kind
    for kind, words in {
        "just": "just",
        "only": "only solely exclusively exclusive merely alone nur",
        "any": "any anyone",
        "all": "all every each always everyone everything whole entire immer alle jeder",
        "both": "both",
        "except": "except",
        "including": "including regardless despite",
        "before": "before until till vor bis",
        "after": "after nach",
        "optional": "optional optionally",
        "most": "most least mostly maximum minimum mindestens hochstens",
        "instead": "instead",
    }.items()
    for word in words.split()
}
STRICT = frozenset({"only", "except", "before", "including"})
"""Kinds of hinges that a reply may not leave out of what it retells."""

_OPPOSITES = """
suppress send
block allow
keep remove
temporary permanent
on off
enable disable
connect disconnect
lock unlock
install uninstall
increase decrease
raise lower
upload download
free paid
left right
top bottom
upper lower
above below
before after
always never
maximum minimum
most least
more less
more fewer
first last
public private
open close
start stop
add remove
include exclude
allow prevent
internal external
input output
import export
manual automatic
automatic manual
upgrade downgrade
same different
old new
empty full
positive negative
indoor outdoor
inside outside
with without
hide show
accept reject
early late
large small
high low
yearly monthly
required optional
"""

IDLE = frozenset(
    "the a an of to in or and is are was were be been being it its this that these those you your yours we our us i my me as "
    "by for from with at on into onto over can could will would should shall may might do does did have has had having so "
    "there here which who whom what how whether during than about please such get gets got gotten they them their he she him her then also "
    "if when while although though however otherwise where because since as well still even now already within under up out "
    "down off more like too whichever either else doing anything something everything not n't s t re ve ll d "
    "der die das ein eine einen dem den des und oder ist sind es sie ihr ihre wir zu im von mit auf fur als auch".split()
)
"""Words that carry no content by themselves."""

#: Words that an honest retelling may add to what it tells.
SOFT = frozenset(
    "go come make take bring ask write turn look stay work call name count follow expect tell mention become begin apply "
    "next first finally afterwards together again away back simply properly correctly easily directly instead once "
    "following besides moreover meanwhile necessary possible able method way option case moment point time thing part "
    "wait available section area place step note want wish like continue proceed perform carry do done through via per pass elapse".split()
)


_ENDINGS = (("ies", "y"), ("ied", "y"), ("ing", ""), ("ed", ""), ("es", "e"), ("s", ""), ("ly", ""))


_WHOLE = {"s": "ss", "ly": "ply"}  # what only looks like such an ending: press, supply


@cache
def stem(word: str) -> str:
    """A word without the commonest endings, so that `resetting` and `reset` meet. Crude on purpose: it never invents."""
    word = _BASES.get(word, word).strip()
    if len(word) <= 3 or not word.isalpha():
        return word
    for ending, rest in _ENDINGS:
        if word.endswith(ending) and len(word) - len(ending) >= 3 and not word.endswith(_WHOLE.get(ending, "\0")):
            word = word[: -len(ending)] + rest
            break
    word = word[:-1] if word.endswith("e") and len(word) > 3 else word
    return word[:-1] if len(word) > 3 and word[-1] == word[-2] else word


_MEANINGS: dict[str, frozenset[int]] = {}
for _number, _line in enumerate(_GROUPS.splitlines()):
    for _word in _line.split():
        _MEANINGS[stem(_word)] = _MEANINGS.get(stem(_word), frozenset()) | {_number}
_OPPOSED = frozenset(
    pair
    for line in _OPPOSITES.strip().splitlines()
    for one, other in [map(stem, line.split())]
    for pair in ((one, other), (other, one))
)
_SOFT_STEMS = frozenset(map(stem, SOFT))


def alike(one: str, other: str) -> bool:
    """Whether two stems are the same word, or can stand for each other."""
    return one == other or bool(_MEANINGS.get(one, frozenset()) & _MEANINGS.get(other, frozenset()))


def opposed(one: str, other: str) -> bool:
    """Whether two stems say the opposite."""
    return (one, other) in _OPPOSED


def denies(word: str) -> bool:
    """Whether a word denies what stands beside it."""
    return word in NEGATIONS or stem(word) in ("void", "lack")


def soft(one: str) -> bool:
    """Whether a stem may be added by an honest retelling: a general verb or a word that only connects."""
    return one in _SOFT_STEMS or one in _MEANINGS


def tokens(text: str) -> list[str]:
    """The words of a text, folded, in order, with its expressions replaced; URLs and figures are one each."""
    text = re.sub(r"\b(wi|e)-(?=(?:fi|mails?)\b)", r"\1", text, flags=re.IGNORECASE)
    folded = fold(re.sub(r"(?<=[^\W\d])-(?=[^\W\d])", " ", text))
    folded = re.sub(r"'(?:s|ll|ve|re|d|m)\b", " ", folded.replace("can't", "can not").replace("n't", " not"))
    for pattern, words in _EXPRESSIONS:
        folded = pattern.sub(words, folded)
    return [token for token in (found.rstrip(".,;:!?/") for found in TOKEN.findall(folded)) if token]
