-- A Message-ID that the mails of a case only mention: of no mail that we hold. A stranger may answer that one too.
ALTER TABLE known_id ADD COLUMN ghost INTEGER NOT NULL DEFAULT 0;
CREATE INDEX known_id_case ON known_id (case_id);

-- A case that another took in: its reference goes on to find that one.
ALTER TABLE cases ADD COLUMN merged_into INTEGER REFERENCES cases (id);
CREATE INDEX cases_merged ON cases (merged_into) WHERE merged_into IS NOT NULL;
CREATE INDEX outbox_case ON outbox (case_id);

-- What our own server found out about the sender, and why that is not enough where the configuration says so.
ALTER TABLE turn ADD COLUMN auth TEXT;
ALTER TABLE turn ADD COLUMN unproven TEXT;
