"""Where training sounds come from: each source lists its instruments and renders the notes of one."""
