-- What the digest counts: windows of time over what came, what was decided, what left.
CREATE INDEX arrival_at ON arrival (arrived_at);
CREATE INDEX decision_at ON decision (decided_at);
CREATE INDEX outbox_settled ON outbox (settled_at) WHERE settled_at IS NOT NULL;
CREATE INDEX cases_opened ON cases (opened_at);
CREATE INDEX turn_outbox ON turn (outbox_id) WHERE outbox_id IS NOT NULL;
CREATE INDEX turn_decision ON turn (decision_id) WHERE decision_id IS NOT NULL;
CREATE INDEX turn_inbox ON turn (inbox_id) WHERE inbox_id IS NOT NULL;
CREATE INDEX turn_human ON turn (at) WHERE direction = 'out' AND role IS NULL AND kind = 'agent';
CREATE INDEX audit_event ON audit (event, at);

-- How and when cases ended and were opened again, whoever did it: `what` is a resolution, or 'reopened'.
CREATE TABLE ending (
    id INTEGER PRIMARY KEY,
    case_id INTEGER NOT NULL REFERENCES cases (id),
    at TEXT NOT NULL,
    what TEXT NOT NULL
);
CREATE INDEX ending_at ON ending (at);
CREATE TRIGGER case_ended AFTER UPDATE OF status, resolution ON cases
    WHEN NEW.resolution IS NOT NULL AND NEW.resolution IS NOT OLD.resolution
    BEGIN INSERT INTO ending (case_id, at, what) VALUES (NEW.id, NEW.updated_at, NEW.resolution); END;
CREATE TRIGGER case_opened_again AFTER UPDATE OF status ON cases
    WHEN OLD.status IN ('resolved', 'closed') AND NEW.status NOT IN ('resolved', 'closed')
    BEGIN INSERT INTO ending (case_id, at, what) VALUES (NEW.id, NEW.updated_at, 'reopened'); END;

-- The digests that were written, and what each covers.
CREATE TABLE report (
    name TEXT NOT NULL CHECK (name IN ('daily', 'weekly')),
    since_at TEXT NOT NULL,
    until_at TEXT NOT NULL,
    PRIMARY KEY (name, until_at)
);

-- What we would have answered (or did draft) beside what a human answered. `agrees` is what rules say, NULL where they
-- cannot tell; `label` is what a person said, and goes first.
CREATE TABLE agreement (
    decision_id INTEGER PRIMARY KEY REFERENCES decision (id),
    turn_id INTEGER REFERENCES turn (id),
    at TEXT NOT NULL,
    topic TEXT NOT NULL,
    confidence REAL,
    agrees INTEGER,
    why TEXT NOT NULL,
    ours TEXT NOT NULL,
    theirs TEXT NOT NULL,
    label INTEGER,
    labelled_by TEXT NOT NULL DEFAULT ''
);
CREATE INDEX agreement_topic ON agreement (topic, at);
CREATE INDEX agreement_at ON agreement (at);

-- Human answers of which suggested articles were made: none is suggested twice. `source` is a turn's or a verdict's number.
CREATE TABLE suggestion (
    source TEXT PRIMARY KEY,
    at TEXT NOT NULL,
    file TEXT NOT NULL
);

CREATE TABLE rating (
    turn_id INTEGER PRIMARY KEY REFERENCES turn (id),
    case_id INTEGER NOT NULL REFERENCES cases (id),
    at TEXT NOT NULL,
    stars INTEGER NOT NULL CHECK (stars BETWEEN 1 AND 5)
);
CREATE INDEX rating_at ON rating (at);
CREATE INDEX verdict_decision ON verdict (decision_id);
