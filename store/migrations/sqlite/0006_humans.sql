-- What people do with a case, all of it by mail.

-- A reply that waits for a person's word: what the customer would get, and the mail to the team that showed it.
-- `turn_id` is the customer's newest mail that whoever approves it has been shown.
CREATE TABLE draft (
    id INTEGER PRIMARY KEY,
    case_id INTEGER NOT NULL REFERENCES cases (id),
    decision_id INTEGER REFERENCES decision (id),
    message_id TEXT NOT NULL,
    turn_id INTEGER NOT NULL DEFAULT 0,
    state TEXT NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'sent', 'edited', 'rejected', 'superseded')),
    at TEXT NOT NULL,
    decided_at TEXT,
    agent TEXT NOT NULL DEFAULT '',
    recipient TEXT NOT NULL,
    recipient_name TEXT NOT NULL DEFAULT '',
    subject TEXT NOT NULL,
    in_reply_to TEXT,
    refs TEXT NOT NULL,
    text TEXT NOT NULL,
    html TEXT,
    inbox_id INTEGER REFERENCES inbox (id)
);
CREATE INDEX draft_case ON draft (case_id, id);
CREATE INDEX draft_message_id ON draft (message_id);

-- What people made of what we wrote, or would have written: what learning and calibration read.
CREATE TABLE verdict (
    id INTEGER PRIMARY KEY,
    case_id INTEGER NOT NULL REFERENCES cases (id),
    decision_id INTEGER REFERENCES decision (id),
    at TEXT NOT NULL,
    agent TEXT NOT NULL,
    verdict TEXT NOT NULL CHECK (verdict IN ('sent', 'edited', 'rejected', 'answered')),
    confidence REAL,
    topic TEXT NOT NULL DEFAULT '',
    before TEXT NOT NULL DEFAULT '',
    after TEXT NOT NULL DEFAULT ''
);
CREATE INDEX verdict_case ON verdict (case_id, id);
CREATE INDEX verdict_at ON verdict (at);

-- What a person wrote is no automatic mail: it comes back like one, but no cap counts it.
DROP VIEW live_automatic_mail;
CREATE VIEW live_automatic_mail AS
    SELECT automatic_mail.*, outbox.settled_at FROM automatic_mail JOIN outbox ON outbox.id = automatic_mail.outbox_id
    WHERE outbox.state NOT IN ('stale', 'dead') AND outbox.role <> 'relay';
