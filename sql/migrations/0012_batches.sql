-- Batches that can be told apart and undone, and a register of corrections that outlives every import.
--   kind    an import holds a part, a full import all there is; an undo puts back what stood before; a correction changes single cells
--   crs     no shapes here
--   scope   a correction is seen by its park; it is added, never changed: one is withdrawn by another row

ALTER TABLE land.batch
    ADD COLUMN kind text NOT NULL DEFAULT 'import' CHECK (kind IN ('import', 'full', 'undo', 'correction')),
    ADD COLUMN undoes bigint REFERENCES land.batch,
    ADD COLUMN ended integer NOT NULL DEFAULT 0 CHECK (ended >= 0),
    ADD CHECK ((kind = 'undo') = (undoes IS NOT NULL));
COMMENT ON COLUMN land.batch.kind IS '种类 | import (a part), full (all there is), undo, correction';
COMMENT ON COLUMN land.batch.undoes IS '撤销 | the batch that this one undoes';
COMMENT ON COLUMN land.batch.ended IS '终止版本数 | versions that ended without a next one: absent from a full import, or put away by an undo';

CREATE TABLE land.correction (
    correction bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    park_code text COLLATE "C" NOT NULL,
    table_name text NOT NULL,
    row_key text[] NOT NULL CHECK (cardinality(row_key) > 0),
    field text NOT NULL,
    old text,
    new text,
    reason text NOT NULL CHECK (btrim(reason) <> ''),
    evidence text,
    withdraws bigint REFERENCES land.correction,
    made_at timestamptz NOT NULL DEFAULT now(),
    made_by text NOT NULL DEFAULT session_user,
    CHECK (old IS DISTINCT FROM new)
);
CREATE UNIQUE INDEX correction_withdraws ON land.correction (withdraws) WHERE withdraws IS NOT NULL;
CREATE INDEX correction_park ON land.correction (park_code, correction);
COMMENT ON TABLE land.correction IS '更正登记 | one cell put right by hand: applied to every import while the old value still stands there';
COMMENT ON COLUMN land.correction.row_key IS '行标识 | the key of the row inside its park, in the order of the table''s key';
COMMENT ON COLUMN land.correction.old IS '原值 | the value as conformed, in our unit; NULL is unknown';
COMMENT ON COLUMN land.correction.new IS '更正值 | what stands in its place, in our unit; NULL is unknown';
COMMENT ON COLUMN land.correction.evidence IS '依据 | the document that shows it';
COMMENT ON COLUMN land.correction.withdraws IS '撤回 | the correction that this row takes back';
ALTER TABLE land.correction ENABLE ROW LEVEL SECURITY;
ALTER TABLE land.correction FORCE ROW LEVEL SECURITY;
CREATE POLICY park ON land.correction
    USING ((SELECT land.scope()) = '{*}' OR park_code = ANY ((SELECT land.scope())::text[]));
