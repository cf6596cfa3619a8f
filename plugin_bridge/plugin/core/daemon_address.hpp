// Where the daemon listens: daemon.json of the runtime folder.
#pragma once

#include <optional>
#include <string>

namespace timbred {

struct DaemonAddress {
    int pid = 0;
    int port = 0;
    std::string token;
    int protocol = 0;
    std::string version;

    bool operator==(const DaemonAddress& other) const {
        return pid == other.pid && port == other.port && token == other.token && protocol == other.protocol;
    }
};

// [any-thread] The address in the JSON text of one flat object. Throws PluginError for anything else.
DaemonAddress parseDaemonAddress(const std::string& text);

// [link-thread] The address in a folder, or nothing where there is none. Throws PluginError when the
// file is there but is no daemon's address, or belongs to another user.
std::optional<DaemonAddress> readDaemonAddress(const std::string& folder);

} // namespace timbred
