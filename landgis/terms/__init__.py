"""The words everybody speaks: errors, units, codes, coordinate systems, frames, rules."""
