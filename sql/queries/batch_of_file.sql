-- The last batch made from a file of this content by this profile.
SELECT max(batch) AS batch FROM land.batch WHERE sha256 = %(sha256)s AND profile = %(profile)s AND kind IN ('import', 'full')
