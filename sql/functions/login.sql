-- Logins, done as the tables' owner, so that whoever asks learns no more than the answer. The service makes the key of a password by the
-- `kdf` and `salt` it is told, and is told back whose key it is; it cannot read what keys are held against, nor count its own tries.
--   name      as typed, in small letters;   address   where the browser is, as far as known
--   key       what scrypt makes of the password;   digest   SHA-256 of a session's number or of a token
--   index     account name, session and token primary keys, attempt_named, attempt_address

-- So many seconds must pass before another try: 0 for none. Failures of the last 15 minutes count: 5 of one name from one address,
-- 50 of one name from anywhere, 100 from one address, under whatever names.
CREATE FUNCTION api.login_wait_s(named bytea, address text) RETURNS integer
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT coalesce(max(ceil(extract(epoch FROM last.at + interval '15 minutes' - clock_timestamp()))::integer), 0)
    FROM (
        (SELECT a.at FROM people.attempt AS a WHERE a.named = login_wait_s.named AND a.address = login_wait_s.address
            ORDER BY a.at DESC OFFSET 4 LIMIT 1)
        UNION ALL (SELECT a.at FROM people.attempt AS a WHERE a.named = login_wait_s.named ORDER BY a.at DESC OFFSET 49 LIMIT 1)
        UNION ALL (SELECT a.at FROM people.attempt AS a WHERE a.address = login_wait_s.address ORDER BY a.at DESC OFFSET 99 LIMIT 1)
    ) AS last
    WHERE last.at > clock_timestamp() - interval '15 minutes'
$$;

-- How the key of a password is made: {kdf, salt}; empty for a name nobody has; {wait_s} after too many failures.
CREATE FUNCTION api.login_salt(name text, address text) RETURNS jsonb
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT CASE
        WHEN w.wait_s > 0 THEN jsonb_build_object('wait_s', w.wait_s)
        ELSE coalesce(
            (SELECT jsonb_build_object('kdf', a.kdf, 'salt', encode(a.salt, 'hex')) FROM people.account AS a WHERE a.name = login_salt.name),
            '{}')
    END
    FROM (SELECT api.login_wait_s(sha256(convert_to(login_salt.name, 'UTF8')), login_salt.address) AS wait_s) AS w
$$;

-- Begin a session: {account: its name} where the key is right; empty where it is not, which is counted; {wait_s} after too many failures.
CREATE FUNCTION api.login(name text, address text, key bytea, digest bytea, idle_s integer, life_s integer) RETURNS jsonb
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    asked bytea := sha256(convert_to(login.name, 'UTF8'));
    wait_s integer;
    who people.account;
BEGIN
    -- One after the other for a name: tries that come at once are counted like any others.
    PERFORM pg_advisory_xact_lock(hashtextextended('landgis.login.' || encode(asked, 'hex'), 0));
    wait_s := api.login_wait_s(asked, login.address);
    IF wait_s > 0 THEN
        RETURN jsonb_build_object('wait_s', wait_s);
    END IF;
    SELECT a.* INTO who FROM people.account AS a WHERE a.name = login.name AND a.disabled_since IS NULL;
    -- Digests are compared: how far two of them agree tells nothing of the key.
    IF who.verifier IS NULL OR who.verifier <> sha256(login.key) THEN
        DELETE FROM people.attempt AS a WHERE a.at < clock_timestamp() - interval '15 minutes';
        INSERT INTO people.attempt (named, address) VALUES (asked, login.address);
        RETURN '{}';
    END IF;
    DELETE FROM people.attempt AS a WHERE a.named = asked AND a.address = login.address;
    DELETE FROM people.session AS s WHERE s.ends_at < now() - interval '180 days';
    INSERT INTO people.session (digest, account, address, idle, ends_at)
    VALUES (
        login.digest, who.account, login.address, make_interval(secs => login.idle_s),
        now() + make_interval(secs => least(login.life_s, 86400))
    );
    RETURN jsonb_build_object('account', who.name);
END $$;

-- Whose session or token it is: {account, shown_name, role, park_codes, is_token, ends_s}; NULL: nobody's, or it is over. A session that
-- is seen goes on; that is written once a minute, not at every look. A token reads, whatever its owner may do.
CREATE FUNCTION api.person_of(digest bytea, is_seen boolean) RETURNS jsonb
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF person_of.is_seen THEN
        UPDATE people.session AS s SET seen_at = now()
        WHERE s.digest = person_of.digest AND s.seen_at < now() - interval '1 minute' AND now() < least(s.ends_at, s.seen_at + s.idle);
    END IF;
    RETURN (
        SELECT jsonb_build_object(
            'account', a.name, 'shown_name', a.shown_name, 'role', p.role, 'park_codes', to_jsonb(a.park_codes), 'is_token', p.is_token,
            'ends_s', floor(extract(epoch FROM p.ends_at - now())))
        FROM (
            SELECT s.account, o.role, least(s.ends_at, s.seen_at + s.idle) AS ends_at, false AS is_token
            FROM people.session AS s JOIN people.account AS o USING (account) WHERE s.digest = person_of.digest
            UNION ALL
            SELECT t.account, 'reader', t.ends_at, true FROM people.token AS t WHERE t.digest = person_of.digest
        ) AS p
        JOIN people.account AS a USING (account)
        WHERE a.disabled_since IS NULL AND p.ends_at > now()
    );
END $$;

-- End a session.
CREATE FUNCTION api.logout(digest bytea) RETURNS void
    LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    UPDATE people.session AS s SET ends_at = now() WHERE s.digest = logout.digest AND s.ends_at > now()
$$;

-- Give the account whose session it is another password: {account: its name} where the key of the old one is right; empty where it is
-- not, or the session is over, which is counted like a login; {wait_s} after too many failures. The account's other sessions end.
CREATE FUNCTION api.change_password(own bytea, address text, key bytea, kdf text, salt bytea, verifier bytea) RETURNS jsonb
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    who people.account;
    asked bytea;
    wait_s integer;
BEGIN
    SELECT a.* INTO who FROM people.account AS a JOIN people.session AS s USING (account)
    WHERE s.digest = change_password.own AND now() < least(s.ends_at, s.seen_at + s.idle) AND a.disabled_since IS NULL;
    asked := sha256(convert_to(coalesce(who.name, ''), 'UTF8'));
    PERFORM pg_advisory_xact_lock(hashtextextended('landgis.login.' || encode(asked, 'hex'), 0));
    wait_s := api.login_wait_s(asked, change_password.address);
    IF wait_s > 0 THEN
        RETURN jsonb_build_object('wait_s', wait_s);
    END IF;
    -- As it is now, behind the lock: two who change it at once both had to know it as it stood.
    SELECT a.* INTO who FROM people.account AS a WHERE a.account = who.account;
    IF who.verifier IS NULL OR who.verifier <> sha256(change_password.key) THEN
        INSERT INTO people.attempt (named, address) VALUES (asked, change_password.address);
        RETURN '{}';
    END IF;
    DELETE FROM people.attempt AS a WHERE a.named = asked AND a.address = change_password.address;
    UPDATE people.account AS a
    SET kdf = change_password.kdf, salt = change_password.salt, verifier = change_password.verifier WHERE a.account = who.account;
    UPDATE people.session AS s SET ends_at = now()
    WHERE s.account = who.account AND s.digest <> change_password.own AND s.ends_at > now();
    RETURN jsonb_build_object('account', who.name);
END $$;

-- Is there any account, in use or not? From the first one on, a login is asked for.
CREATE FUNCTION api.has_accounts() RETURNS boolean
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT EXISTS (SELECT FROM people.account)
$$;

-- The names of those who may check cases in a park.
CREATE FUNCTION api.checkers(park text) RETURNS text[]
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT coalesce(array_agg(a.shown_name ORDER BY a.shown_name), '{}')
    FROM people.account AS a
    WHERE a.role = 'checker' AND a.disabled_since IS NULL AND a.park_codes && array[checkers.park, '*']
$$;
