-- Long work as jobs: what was asked for, and what became of it. Rows are added, never changed: a job's state is its last event.
--   queue   who runs what is kept by procrastinate in schema `queue`; a job there carries nothing but the number of one here
--   scope   park_codes as of a batch or run; '*' is a job over every park, seen only by who sees every park

CREATE TABLE land.job (
    job bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    kind text NOT NULL,
    park_codes text[] NOT NULL CHECK (cardinality(park_codes) > 0),
    scope text[] NOT NULL CHECK (cardinality(scope) > 0),
    asked jsonb NOT NULL,
    asked_at timestamptz NOT NULL DEFAULT now(),
    asked_by text NOT NULL DEFAULT session_user
);
COMMENT ON TABLE land.job IS '任务 | long work that somebody asked for: an import, an assessment';
COMMENT ON COLUMN land.job.kind IS '种类 | the workflow it runs';
COMMENT ON COLUMN land.job.park_codes IS '园区 | the parks it works on, as far as known when asked; * is every park';
COMMENT ON COLUMN land.job.scope IS '范围 | the parks the asker may see and change; the work is bound by it';
COMMENT ON COLUMN land.job.asked IS '参数 | the arguments of the workflow';

CREATE TABLE land.job_event (
    event bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    job bigint NOT NULL REFERENCES land.job,
    at timestamptz NOT NULL DEFAULT clock_timestamp(),
    state text NOT NULL CHECK (state IN
        ('queued', 'running', 'step', 'stopping', 'again', 'done', 'refused', 'failed', 'cancelled')),
    zh text,
    en text,
    detail jsonb
);
CREATE INDEX job_event_job ON land.job_event (job, event);
COMMENT ON TABLE land.job_event IS '任务进展 | what happened to a job, in order; the last four states are final';
COMMENT ON COLUMN land.job_event.detail IS '详情 | the answer of the workflow when done, the refusal when refused';

ALTER TABLE land.job ENABLE ROW LEVEL SECURITY;
ALTER TABLE land.job FORCE ROW LEVEL SECURITY;
CREATE POLICY park ON land.job USING (land.in_scope(park_codes));
ALTER TABLE land.job_event ENABLE ROW LEVEL SECURITY;
ALTER TABLE land.job_event FORCE ROW LEVEL SECURITY;
CREATE POLICY park ON land.job_event USING (EXISTS (SELECT FROM land.job AS j WHERE j.job = job_event.job));
