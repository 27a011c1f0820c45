-- The zoom from which a run's parcels are drawn as such.
SELECT detail_zoom FROM land.run WHERE run = %(run)s
