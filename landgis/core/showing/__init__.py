"""What a screen needs: classes of colours, words to be found by, another weighting."""
