"""Maps and papers out."""
