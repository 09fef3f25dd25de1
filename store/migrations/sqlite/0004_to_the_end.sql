-- A case is followed to its end: since when it stands where it stands, what the clock does next, and who has it.
ALTER TABLE cases ADD COLUMN since TEXT;
ALTER TABLE cases ADD COLUMN reminders INTEGER NOT NULL DEFAULT 0;
ALTER TABLE cases ADD COLUMN follow_up TEXT;
ALTER TABLE cases ADD COLUMN follow_up_at TEXT;
ALTER TABLE cases ADD COLUMN priority TEXT NOT NULL DEFAULT 'normal';
ALTER TABLE cases ADD COLUMN agent TEXT NOT NULL DEFAULT '';
ALTER TABLE cases ADD COLUMN queue TEXT NOT NULL DEFAULT '';
UPDATE cases SET since = updated_at;
CREATE INDEX cases_follow_up ON cases (follow_up_at) WHERE follow_up_at IS NOT NULL;
