"""The errors of the bridge that a user can cause and mend."""


class BridgeError(Exception):
    """Root of the bridge's errors: one sentence that states the rule and the value."""


class RingError(BridgeError):
    """A ring's file is missing, foreign, of another version, or smaller than its header says."""


class PacketError(BridgeError):
    """An OSC packet that is not one of the table's messages."""


class RuntimeFolderError(BridgeError):
    """The runtime folder or the daemon's address file can't be used."""
