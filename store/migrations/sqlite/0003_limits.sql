-- What the caps count. Each table holds one narrow row a mail, so that a window costs what lies in it, however much the
-- store holds. `content` and `subject` are fingerprints (daemon/steps/likeness.py): nobody's words.

-- Every mail that came in.
CREATE TABLE arrival (
    inbox_id INTEGER PRIMARY KEY REFERENCES inbox (id),
    sender TEXT NOT NULL,
    arrived_at TEXT NOT NULL,
    content TEXT NOT NULL,
    person INTEGER NOT NULL
);
CREATE INDEX arrival_person ON arrival (sender, arrived_at) WHERE person = 1;
CREATE INDEX arrival_sender ON arrival (sender, arrived_at);
CREATE INDEX arrival_content ON arrival (sender, content, arrived_at);

-- Every automatic mail to somebody outside. `text` is the digest of what it says.
CREATE TABLE automatic_mail (
    outbox_id INTEGER PRIMARY KEY REFERENCES outbox (id),
    at TEXT NOT NULL,
    recipient TEXT NOT NULL,
    domain TEXT NOT NULL,
    content TEXT NOT NULL,
    subject TEXT NOT NULL,
    text TEXT NOT NULL,
    bounced INTEGER NOT NULL DEFAULT 0
);
CREATE INDEX automatic_mail_at ON automatic_mail (at);
CREATE INDEX automatic_mail_recipient ON automatic_mail (recipient, at);
CREATE INDEX automatic_mail_domain ON automatic_mail (domain, at) WHERE domain <> '';
CREATE INDEX automatic_mail_content ON automatic_mail (content, at) WHERE content <> '';
CREATE INDEX automatic_mail_subject ON automatic_mail (subject, at) WHERE subject <> '';
-- Those that left, or are on their way.
CREATE VIEW live_automatic_mail AS
    SELECT automatic_mail.*, outbox.settled_at FROM automatic_mail JOIN outbox ON outbox.id = automatic_mail.outbox_id
    WHERE outbox.state NOT IN ('stale', 'dead');

-- Every hand-over mail: whose mail caused it, and the limit that it tells of.
CREATE TABLE handover_mail (
    outbox_id INTEGER PRIMARY KEY REFERENCES outbox (id),
    at TEXT NOT NULL,
    sender TEXT NOT NULL,
    content TEXT NOT NULL,
    told TEXT NOT NULL
);
CREATE INDEX handover_mail_at ON handover_mail (at);
CREATE INDEX handover_mail_sender ON handover_mail (sender, at);
CREATE INDEX handover_mail_content ON handover_mail (content, at) WHERE content <> '';
CREATE INDEX handover_mail_told ON handover_mail (told, at) WHERE told <> '';

-- Hand-overs that a storm holds back: they go to the queue as one list.
CREATE TABLE held (
    id INTEGER PRIMARY KEY,
    told TEXT NOT NULL,
    case_id INTEGER NOT NULL REFERENCES cases (id),
    turn_id INTEGER NOT NULL REFERENCES turn (id),
    held_at TEXT NOT NULL,
    listed_at TEXT
);
CREATE INDEX held_waiting ON held (told, held_at) WHERE listed_at IS NULL;

CREATE TABLE reopened (
    case_id INTEGER NOT NULL REFERENCES cases (id),
    at TEXT NOT NULL
);
CREATE INDEX reopened_case ON reopened (case_id, at);

-- Addresses that failed for good.
CREATE TABLE suppressed (
    address TEXT PRIMARY KEY,
    until_at TEXT NOT NULL,
    why TEXT NOT NULL
);

-- The breaker: one row once it has ever been open.
CREATE TABLE breaker (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    state TEXT NOT NULL CHECK (state IN ('closed', 'open', 'trial')),
    since_at TEXT NOT NULL,
    trial_id INTEGER,
    case_id INTEGER REFERENCES cases (id),
    told INTEGER NOT NULL DEFAULT 0
);
