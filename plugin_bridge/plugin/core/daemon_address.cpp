#include "daemon_address.hpp"

#include "errors.hpp"
#include "flat_json.hpp"

#include <cerrno>
#include <cstring>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace timbred {

namespace {

constexpr size_t kMaxFileBytes = 4096;

int integer(const FlatJson& json, const std::string& name, int64_t low, int64_t high) {
    const auto found = json.integers.find(name);
    if (found == json.integers.end() || found->second < low || found->second > high)
        throw PluginError(name + " must be an integer of " + std::to_string(low) + ".." +
                          std::to_string(high));
    return static_cast<int>(found->second);
}

std::string text(const FlatJson& json, const std::string& name) {
    const auto found = json.strings.find(name);
    if (found == json.strings.end())
        throw PluginError(name + " must be a string");
    return found->second;
}

// The whole of an open file, at most kMaxFileBytes of it.
std::string contents(int file) {
    std::string bytes(kMaxFileBytes, '\0');
    const ssize_t count = read(file, bytes.data(), bytes.size());
    bytes.resize(count > 0 ? static_cast<size_t>(count) : 0);
    return bytes;
}

bool isOurs(int file) {
    struct stat status {};
    return fstat(file, &status) == 0 && S_ISREG(status.st_mode) && status.st_uid == getuid();
}

} // namespace

DaemonAddress parseDaemonAddress(const std::string& source) {
    const FlatJson json = parseFlatJson(source);
    DaemonAddress address;
    address.pid = integer(json, "pid", 1, 0x7fffffff);
    address.port = integer(json, "port", 1, 65535);
    address.token = text(json, "token");
    address.protocol = integer(json, "protocol", 0, 0x7fffffff);
    address.version = text(json, "version");
    return address;
}

std::optional<DaemonAddress> readDaemonAddress(const std::string& folder) {
    const std::string path = folder + "/daemon.json";
    // Not blocking: a pipe in its place must not hold this thread.
    const int file = open(path.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    if (file < 0 && errno == ENOENT)
        return std::nullopt;
    if (file < 0)
        throw PluginError(path + " can't be read: " + std::strerror(errno));
    const bool ours = isOurs(file);
    const std::string source = contents(file);
    close(file);
    if (!ours)
        throw PluginError(path + " must be your own file");
    try {
        return parseDaemonAddress(source);
    } catch (const PluginError& error) {
        throw PluginError(path + " is no daemon's address: " + error.what());
    }
}

} // namespace timbred
