"""The Python end of the bridge to the plugin: wire format, ring, OSC."""
