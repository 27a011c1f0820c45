-- Where the parcels of one run stand in another: parcels and m² (as the later one drew them) by answer then and answer now, park by park.
--   in      before, after (runs)
--   out     park_code, before, after (NULL: the run did not judge such a parcel), parcels, area_m2, parcel_nos (up to 200, in order)
--   index   triage primary key, parcel primary key
WITH judged AS (
    SELECT t.run, t.park_code, p.parcel_no, t.answer, p.geom_area_m2
    FROM land.triage AS t JOIN land.parcel AS p ON p.id = t.parcel_id
    WHERE t.run IN (%(before)s, %(after)s)
)
SELECT
    park_code, b.answer AS before, a.answer AS after, count(*) AS parcels,
    sum(coalesce(a.geom_area_m2, b.geom_area_m2)) AS area_m2,
    (array_agg(parcel_no ORDER BY parcel_no))[:200] AS parcel_nos
FROM (SELECT * FROM judged WHERE run = %(before)s) AS b
FULL JOIN (SELECT * FROM judged WHERE run = %(after)s) AS a USING (park_code, parcel_no)
GROUP BY park_code, b.answer, a.answer
ORDER BY park_code, b.answer NULLS LAST, a.answer NULLS LAST
