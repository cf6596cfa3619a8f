// The runtime folder that plugin and daemon share; the rule of timbred_bridge/runtime.py.
#pragma once

#include <string>

namespace timbred {

// [main-thread] Where the folder is, whether it exists or not: $TIMBRED_RUNTIME_DIR, else
// $XDG_RUNTIME_DIR/timbred, else /dev/shm/timbred-<uid> (/tmp where there is no shared memory). Asked once by
// each instance: a host may change its environment while other threads run.
std::string runtimeFolderPath();

// [main-thread, link-thread] Makes the folder with mode 0700 if need be. Throws PluginError when it
// can't be made, or when another user owns it or may write to it.
void makeRuntimeFolder(const std::string& folder);

} // namespace timbred
