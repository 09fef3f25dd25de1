-- By which way a case came in, and what a form or a telephone call told beside the text.
ALTER TABLE cases ADD COLUMN channel TEXT NOT NULL DEFAULT 'email';
ALTER TABLE cases ADD COLUMN phone TEXT NOT NULL DEFAULT '';
ALTER TABLE cases ADD COLUMN product TEXT NOT NULL DEFAULT '';
ALTER TABLE cases ADD COLUMN severity TEXT NOT NULL DEFAULT '';
