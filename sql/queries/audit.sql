-- Who did what, the latest first: of one person, act or park, on days of Beijing, and before an entry where somebody reads on.
SELECT audit, at, who, act, park_codes, detail FROM land.audit
WHERE (%(who)s::text IS NULL OR who = %(who)s)
    AND (%(act)s::text IS NULL OR act = %(act)s)
    AND (%(park)s::text IS NULL OR %(park)s = ANY (park_codes))
    AND (%(since)s::date IS NULL OR at >= %(since)s::date::timestamp AT TIME ZONE 'Asia/Shanghai')
    AND (%(until)s::date IS NULL OR at < (%(until)s::date + 1)::timestamp AT TIME ZONE 'Asia/Shanghai')
    AND (%(before)s::bigint IS NULL OR audit < %(before)s)
ORDER BY audit DESC
LIMIT %(most)s
