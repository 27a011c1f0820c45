-- A site may hold a part of a parcel: its firm builds up in place, and what it can do without is divided off (节余土地分割).

ALTER TABLE land.plan_member DROP CONSTRAINT plan_member_deed_check;
ALTER TABLE land.plan_member ADD CONSTRAINT plan_member_deed_check
    CHECK (deed IN ('reserve', 'exit', 'swap', 'factory', 'upgrade'));
ALTER TABLE land.plan_member ADD COLUMN part geometry(Polygon, 4490);
ALTER TABLE land.plan_member ADD CONSTRAINT plan_member_part CHECK ((deed = 'upgrade') = (part IS NOT NULL));
COMMENT ON COLUMN land.plan_member.part IS '分割部分 | what is divided off; empty where the whole parcel is had';
