-- The durable inbox: raw mail first, understood later. Unique by where it lay; the digest is an index, not a key,
-- since two byte-identical mails are two mails.
CREATE TABLE mailbox (
    name TEXT PRIMARY KEY,
    uidvalidity INTEGER NOT NULL,
    last_uid INTEGER NOT NULL
);
CREATE TABLE inbox (
    id INTEGER PRIMARY KEY,
    mailbox TEXT NOT NULL,
    uidvalidity INTEGER NOT NULL,
    uid INTEGER NOT NULL,
    raw BLOB NOT NULL,
    cut TEXT,
    digest TEXT NOT NULL,
    received_at TEXT NOT NULL,
    state TEXT NOT NULL DEFAULT 'stored' CHECK (state IN ('stored', 'ingested', 'quarantined')),
    UNIQUE (mailbox, uidvalidity, uid)
);
CREATE INDEX inbox_waiting ON inbox (id) WHERE state = 'stored';
CREATE INDEX inbox_digest ON inbox (digest, received_at);

-- What is still to be done in the IMAP mailbox.
CREATE TABLE mailbox_change (
    id INTEGER PRIMARY KEY,
    kind TEXT NOT NULL CHECK (kind IN ('mark', 'answered', 'sent_copy')),
    mailbox TEXT NOT NULL,
    uidvalidity INTEGER NOT NULL,
    uid INTEGER NOT NULL,
    outbox_id INTEGER,
    attempts INTEGER NOT NULL DEFAULT 0,
    last_error TEXT,
    done INTEGER NOT NULL DEFAULT 0
);
CREATE INDEX mailbox_change_waiting ON mailbox_change (mailbox, id) WHERE done = 0;

CREATE TABLE cases (
    id INTEGER PRIMARY KEY,
    reference TEXT NOT NULL UNIQUE,
    status TEXT NOT NULL,
    owner TEXT NOT NULL,
    mode TEXT NOT NULL,
    version INTEGER NOT NULL DEFAULT 1,
    customer TEXT NOT NULL,
    customer_key TEXT NOT NULL,
    customer_name TEXT NOT NULL,
    subject TEXT NOT NULL,
    opened_at TEXT NOT NULL,
    updated_at TEXT NOT NULL,
    resolution TEXT,
    language TEXT NOT NULL DEFAULT '',
    topic TEXT NOT NULL DEFAULT '',
    automatic_replies INTEGER NOT NULL DEFAULT 0,
    clarifications INTEGER NOT NULL DEFAULT 0,
    noticed_at TEXT,
    promised_at TEXT,
    queue_id TEXT,
    tied_to TEXT,
    due_at TEXT,
    token INTEGER NOT NULL DEFAULT 0,
    lease_until TEXT
);
CREATE INDEX cases_due ON cases (due_at) WHERE due_at IS NOT NULL;
CREATE INDEX cases_customer ON cases (customer_key, opened_at);
CREATE INDEX cases_status ON cases (status, updated_at);

CREATE TABLE participant (
    case_id INTEGER NOT NULL REFERENCES cases (id),
    address TEXT NOT NULL,
    PRIMARY KEY (case_id, address)
);

-- Every Message-ID ever seen on a case: of its mails, and of those that they only mention (ghosts).
CREATE TABLE known_id (
    message_id TEXT NOT NULL,
    case_id INTEGER NOT NULL REFERENCES cases (id),
    PRIMARY KEY (message_id, case_id)
);

CREATE TABLE decision (
    id INTEGER PRIMARY KEY,
    case_id INTEGER NOT NULL REFERENCES cases (id),
    decided_at TEXT NOT NULL,
    action TEXT NOT NULL,
    because TEXT NOT NULL,
    confidence REAL,
    mode TEXT NOT NULL,
    record TEXT NOT NULL
);
CREATE INDEX decision_case ON decision (case_id, id);

-- The only way out. One live row a cause: a decision that is made again writes its mail only once.
CREATE TABLE outbox (
    id INTEGER PRIMARY KEY,
    cause TEXT NOT NULL,
    case_id INTEGER REFERENCES cases (id),
    decision_id INTEGER REFERENCES decision (id),
    case_version INTEGER NOT NULL,
    role TEXT NOT NULL,
    message_id TEXT NOT NULL UNIQUE,
    envelope_sender TEXT NOT NULL,
    recipient TEXT NOT NULL,
    raw BLOB NOT NULL,
    state TEXT NOT NULL DEFAULT 'queued',
    attempts INTEGER NOT NULL DEFAULT 0,
    token INTEGER NOT NULL DEFAULT 0,
    created_at TEXT NOT NULL,
    due_at TEXT NOT NULL,
    lease_until TEXT,
    valid_until TEXT,
    settled_at TEXT,
    told_human INTEGER NOT NULL DEFAULT 0,
    last_error TEXT
);
CREATE UNIQUE INDEX outbox_cause ON outbox (cause) WHERE state <> 'stale';
CREATE INDEX outbox_waiting ON outbox (due_at) WHERE state IN ('queued', 'retry', 'claimed', 'transmitting');
CREATE INDEX outbox_uncertain ON outbox (settled_at) WHERE state = 'uncertain';
CREATE INDEX outbox_recipient ON outbox (recipient, created_at);
CREATE INDEX outbox_created ON outbox (created_at);

-- The mails of a case, both ways, as decisions need them.
CREATE TABLE turn (
    id INTEGER PRIMARY KEY,
    case_id INTEGER NOT NULL REFERENCES cases (id),
    direction TEXT NOT NULL,
    at TEXT NOT NULL,
    sender TEXT NOT NULL,
    sender_name TEXT NOT NULL,
    subject TEXT NOT NULL,
    text TEXT NOT NULL,
    cut_text TEXT NOT NULL DEFAULT '',
    kind TEXT NOT NULL,
    message_id TEXT,
    refs TEXT NOT NULL,
    role TEXT,
    note TEXT NOT NULL DEFAULT '',
    inbox_id INTEGER REFERENCES inbox (id),
    outbox_id INTEGER REFERENCES outbox (id),
    decision_id INTEGER REFERENCES decision (id),
    refused TEXT,
    trusted INTEGER NOT NULL DEFAULT 1,
    handled INTEGER NOT NULL DEFAULT 0,
    received_at TEXT,
    unreadable TEXT,
    link_by TEXT,
    link_why TEXT
);
CREATE INDEX turn_case ON turn (case_id, id);
CREATE INDEX turn_message_id ON turn (message_id) WHERE message_id IS NOT NULL;

-- Append-only and hash-chained. Personal text stands beside the chain under a salted digest, so that a person can be
-- forgotten and the chain still verifies.
CREATE TABLE audit (
    sequence INTEGER PRIMARY KEY,
    at TEXT NOT NULL,
    case_reference TEXT,
    event TEXT NOT NULL,
    details TEXT NOT NULL,
    digest TEXT NOT NULL,
    hash TEXT NOT NULL
);
CREATE INDEX audit_case ON audit (case_reference, sequence);
CREATE TABLE audit_personal (
    sequence INTEGER PRIMARY KEY REFERENCES audit (sequence),
    salt TEXT NOT NULL,
    personal TEXT NOT NULL
);
CREATE TRIGGER audit_is_append_only_update BEFORE UPDATE ON audit BEGIN SELECT RAISE(ABORT, 'the audit is append-only'); END;
CREATE TRIGGER audit_is_append_only_delete BEFORE DELETE ON audit BEGIN SELECT RAISE(ABORT, 'the audit is append-only'); END;

CREATE TABLE setting (
    name TEXT PRIMARY KEY,
    value TEXT NOT NULL
);
