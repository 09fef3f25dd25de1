-- At each start the clocks of the cases that are not closed are set: what is closed, by far the most, is not read for it.
CREATE INDEX cases_live ON cases (id) WHERE status <> 'closed' AND merged_into IS NULL;
