-- What the language model of [llm] cost, so that a restart does not forget the day's budget. One row a day.

CREATE TABLE llm_day (
    day    TEXT PRIMARY KEY,            -- UTC, as 2026-11-20
    tokens INTEGER NOT NULL
);
