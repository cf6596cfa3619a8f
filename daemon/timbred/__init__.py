"""The command line and the long-running process of timbred."""

import os

# Nothing leaves the user's machine: ONNX Runtime's own builds report to their maker, unless this is set
# before they are imported.
os.environ["ORT_DISABLE_TELEMETRY"] = "1"
