"""The fit model: which sounds belong with a piece of music (after Lattner's SampleMatch, ISMIR 2022)."""
