-- A run parcel by parcel, with all that it can be looked for, filtered and sorted by; `landgis.terms.fields` names the columns.
--   in      run
--   out     one row per parcel judged, in scope; areas in m² rounded to 0.1, shares and totals to 0.0001
--   crs     lon and lat 4490.   index   triage, looked and parcel primary keys, grade_parcel, grade_enterprise, idle_parcel, stability_parcel primary key
CREATE FUNCTION api.judged(run bigint) RETURNS TABLE (
    parcel_id bigint, parcel_no text, park_code text, owner_name text, location text, enterprises text, uscc text, search_text text,
    landuse_code text, stock_class text, answer text, gate integer, track text, urgency text, suspected integer, tests text, grade text,
    possible text, total double precision, rank integer, reliability double precision, idle_state text, area_m2 double precision,
    cert_area_m2 double precision, freeable_m2 double precision, upgrade_m2 double precision, lon double precision,
    lat double precision, measures double precision[], bbox double precision[], rank_p05 integer, rank_p95 integer, rank_spread integer
) LANGUAGE sql STABLE AS $$
    SELECT
        t.parcel_id, p.parcel_no, t.park_code, p.owner_name, p.location, k.enterprises, k.usccs,
        lower(concat_ws(' ', p.parcel_no, p.owner_name, k.enterprises, k.usccs, p.location, k.initials)),
        p.landuse_code, p.stock_class, t.answer, t.gate, t.track, t.urgency, t.suspected, t.tests, t.grade, coalesce(own.possible, firm.possible),
        round(coalesce(own.total, firm.total)::numeric, 4)::double precision, coalesce(own.rank, firm.rank),
        round(coalesce(own.reliability, firm.reliability)::numeric, 4)::double precision, i.state,
        round(p.geom_area_m2::numeric, 1)::double precision, round(p.cert_area_m2::numeric, 1)::double precision,
        round(t.freeable_m2::numeric, 1)::double precision, round(t.upgrade_m2::numeric, 1)::double precision,
        k.lon, k.lat, k.measures, array[ST_XMin(p.geom), ST_YMin(p.geom), ST_XMax(p.geom), ST_YMax(p.geom)],
        s.rank_p05, s.rank_p95, s.rank_p95 - s.rank_p05
    FROM land.triage AS t
    JOIN land.run AS r ON r.run = t.run
    JOIN land.parcel AS p ON p.id = t.parcel_id
    JOIN land.looked AS k ON k.run = t.run AND k.parcel_id = t.parcel_id
    LEFT JOIN (
        SELECT o.parcel_id, (array['clear', 'unknown', 'agreement', 'fee', 'take_back'])[
            max(array_position(array['clear', 'unknown', 'agreement', 'fee', 'take_back'], o.state))] AS state
        FROM land.idle AS o WHERE o.run = judged.run GROUP BY o.parcel_id
    ) AS i ON i.parcel_id = t.parcel_id
    LEFT JOIN land.grade AS own ON own.run = judged.run AND own.parcel_id = t.parcel_id
    LEFT JOIN land.grade AS firm ON own.run IS NULL AND firm.run = judged.run AND firm.park_code = t.park_code
        AND firm.uscc = t.uscc AND firm.parcel_id IS NULL AND firm.year = extract(year FROM r.as_of) - 1
    LEFT JOIN land.stability_parcel AS s ON s.run = judged.run AND s.parcel_id = t.parcel_id
    WHERE t.run = judged.run
$$;
