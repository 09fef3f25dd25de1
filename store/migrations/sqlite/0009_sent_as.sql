-- The id that a provider put in the place of ours: an agent answers a mail to the team under that one.
CREATE TABLE sent_as (
    message_id TEXT PRIMARY KEY,
    outbox_id INTEGER NOT NULL REFERENCES outbox (id)
);
