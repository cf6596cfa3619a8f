"""The command line and the long-running process of timbred."""
