"""Instruments on the disk: SoundFonts, SFZ, VST3, each as one reference note; drum kits' lists."""
