"""The errors of the daemon and the command line that a user can cause and mend."""


class TimbredError(Exception):
    """Root of the errors that are printed as one line: the rule and the value, and what to run."""


class ModelError(TimbredError):
    """A model file that is missing, unreadable, or says too little of itself."""


class ConfigError(TimbredError):
    """Settings that break their rules; all of them in one message."""


class DaemonError(TimbredError):
    """A daemon that is already there, is not there, or speaks another protocol version."""
