"""Pure. What a mail is, in one value: who wrote it, which case it belongs to, what is new in it."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from daemon.settings import Settings
from daemon.steps.authenticate import authenticate, unproven
from daemon.steps.intake import Form
from daemon.steps.verdicts import Guarded, Understood
from threading_.ids import KeyRing
from threading_.link import Window, link
from threading_.message import Candidate, Link, LinkedBy, Message, NewText
from threading_.quotes import new_text

#: Of the ids that a mail names, its own and the nearest: a header with thousands of them costs no more.
MOST_IDS = 60


def understand(
    message: Message,
    guarded: Guarded,
    tied: Link | None,
    candidates: Sequence[Candidate],
    *,
    our_texts: Sequence[str],
    plus_case: str | None,
    ring: KeyRing,
    settings: Settings,
    now: datetime,
    form: Form | None = None,
) -> Understood:
    """The mail, read and linked. `tied` is where a machine's mail belongs; who is not believed joins no case.

    A form or a call (`form`, of which `message` is the mail that the customer would have written) joins none at all.
    """
    if form is not None:
        told = "a form" if form.told.channel == "portal" else "a call"
        alone = Link(by=LinkedBy.NEW, case=None, trusted=form.unproven is None, why=f"A new case: {told} joins none.")
        new = NewText(text=message.text)
        return Understood(
            message=message,
            guarded=guarded,
            link=alone,
            new=new,
            auth=form.auth,
            unproven=form.unproven,
            told=form.told,
        )
    auth = authenticate(message, settings.authentication.authserv_id)
    doubt = unproven(auth, settings.authentication)
    new = new_text(message, our_texts)
    threads = settings.threads
    window = Window(now=now, reopen=timedelta(days=threads.reopen_days), old=timedelta(days=threads.old_days))
    found = tied or link(
        message,
        candidates,
        ring,
        plus_case=plus_case,
        new=new,
        believed=doubt is None,
        person=guarded.reply,
        window=window,
    )
    return Understood(message=message, guarded=guarded, link=found, new=new, auth=auth, unproven=doubt)
