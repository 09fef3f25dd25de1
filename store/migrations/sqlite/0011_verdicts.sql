-- How sure a decision was before people's verdicts moved its confidence: what the next ones are learnt from. Nothing
-- had moved it before this column was there.
ALTER TABLE decision ADD COLUMN unadjusted REAL;
UPDATE decision SET unadjusted = confidence;
-- What customers said of our answers, among all decisions.
CREATE INDEX decision_word ON decision (id) WHERE because IN ('resolved', 'not_resolved');
