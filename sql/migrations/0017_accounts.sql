-- Who may come in, and as whom what is written is noted. The accounts lie in a schema of their own, in which the application's role has
-- nothing: what a login needs of it is done by the functions api.login_salt, login, person_of and logout, as the tables' owner.
--   password   only the digest of what scrypt makes of it is kept, and nobody needs to read that: the function compares
--   session    known by the digest of a random number of 256 bits that the browser alone holds; so is a token
--   scope      the service sets the scope of a transaction itself (land.scope): these tables say which one it owes to whom

CREATE SCHEMA people;
COMMENT ON SCHEMA people IS '人员 | accounts, sessions, tokens: closed to the application, but for functions of schema api';

CREATE TABLE people.account (
    account bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name text NOT NULL UNIQUE CHECK (name = lower(name) AND name ~ '^[^[:space:]:,/]{1,64}$'),
    shown_name text NOT NULL CHECK (shown_name = btrim(shown_name) AND length(shown_name) BETWEEN 1 AND 80),
    role text NOT NULL CHECK (role IN ('reader', 'manager', 'checker')),
    park_codes text[] NOT NULL CHECK (cardinality(park_codes) > 0 AND ('*' <> ALL (park_codes) OR park_codes = '{*}')),
    kdf text NOT NULL CHECK (kdf ~ '^scrypt:[0-9]+:[0-9]+:[0-9]+$'),
    salt bytea NOT NULL CHECK (length(salt) >= 16),
    verifier bytea NOT NULL CHECK (length(verifier) = 32),
    made_at timestamptz NOT NULL DEFAULT now(),
    disabled_since timestamptz
);
CREATE UNIQUE INDEX account_shown_name ON people.account (lower(shown_name));
COMMENT ON TABLE people.account IS '账号 | a person who may come in';
COMMENT ON COLUMN people.account.shown_name IS '姓名 | under which a person acts on cases; no two accounts share one';
COMMENT ON COLUMN people.account.role IS '角色 | reader (sees), manager (and works), checker (sees, and closes the cases that name this person)';
COMMENT ON COLUMN people.account.park_codes IS '园区 | the parks the person may see; * for all';
COMMENT ON COLUMN people.account.kdf IS '口令算法 | scrypt:N:r:p';
COMMENT ON COLUMN people.account.verifier IS '校验值 | SHA-256 of what scrypt makes of the password';

CREATE TABLE people.session (
    digest bytea PRIMARY KEY CHECK (length(digest) = 32),
    account bigint NOT NULL REFERENCES people.account,
    address text NOT NULL,
    begun_at timestamptz NOT NULL DEFAULT now(),
    seen_at timestamptz NOT NULL DEFAULT now(),
    idle interval NOT NULL,
    ends_at timestamptz NOT NULL
);
CREATE INDEX session_account ON people.session (account);
COMMENT ON TABLE people.session IS '登录会话 | from a login to a logout, to idleness, or to its end; kept half a year as a record of who came in';

CREATE TABLE people.token (
    digest bytea PRIMARY KEY CHECK (length(digest) = 32),
    account bigint NOT NULL REFERENCES people.account,
    label text NOT NULL CHECK (btrim(label) <> ''),
    made_at timestamptz NOT NULL DEFAULT now(),
    ends_at timestamptz NOT NULL,
    UNIQUE (account, label)
);
COMMENT ON TABLE people.token IS '令牌 | lets a desktop program see what a person may see; it never writes';

CREATE TABLE people.attempt (
    named bytea NOT NULL,
    address text NOT NULL,
    at timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE INDEX attempt_named ON people.attempt (named, at);
CREATE INDEX attempt_address ON people.attempt (address, at);
COMMENT ON TABLE people.attempt IS '失败的登录 | logins of the last quarter of an hour that failed; the name as a digest, for people type passwords there';

-- What is written is noted under the person who is logged in, else under the role of the database, as before.
CREATE FUNCTION land.person() RETURNS text LANGUAGE sql STABLE PARALLEL SAFE
    RETURN coalesce(nullif(current_setting('landgis.person', true), ''), session_user);
COMMENT ON FUNCTION land.person() IS 'Who works here: the account that is logged in, else the role of the connection.';

ALTER TABLE land.batch ALTER COLUMN made_by SET DEFAULT land.person();
ALTER TABLE land.correction ALTER COLUMN made_by SET DEFAULT land.person();
ALTER TABLE land.run ALTER COLUMN made_by SET DEFAULT land.person();
ALTER TABLE land.stability ALTER COLUMN made_by SET DEFAULT land.person();
ALTER TABLE land.scenario ALTER COLUMN made_by SET DEFAULT land.person();
ALTER TABLE land.plan ALTER COLUMN made_by SET DEFAULT land.person();
ALTER TABLE land.promise ALTER COLUMN made_by SET DEFAULT land.person();
ALTER TABLE land.job ALTER COLUMN asked_by SET DEFAULT land.person();
ALTER TABLE land.case_file ALTER COLUMN made_by SET DEFAULT land.person();
ALTER TABLE land.case_event ALTER COLUMN made_by SET DEFAULT land.person();
ALTER TABLE land.audit ALTER COLUMN who SET DEFAULT land.person();

-- A job tells what was asked and answered for all its parks at once, hence only who may see them all sees it.
DROP POLICY park ON land.job;
CREATE POLICY park ON land.job USING (coalesce(land.scope() = '{*}' OR park_codes <@ land.scope(), false));
