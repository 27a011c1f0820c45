-- The head of a run's stability: how it was drawn.
INSERT INTO land.stability (run, park_codes, draws, seed, concentration, noise)
VALUES (%(run)s, %(park_codes)s, %(draws)s, %(seed)s, %(concentration)s, %(noise)s)
