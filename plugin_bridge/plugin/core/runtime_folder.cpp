#include "runtime_folder.hpp"

#include "errors.hpp"

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include <sys/stat.h>
#include <unistd.h>

namespace timbred {

namespace {

std::string environment(const char* name) {
    const char* value = std::getenv(name);
    return value ? value : "";
}

void makeWithParents(const std::string& folder) {
    for (size_t slash = folder.find('/', 1); slash != std::string::npos; slash = folder.find('/', slash + 1))
        mkdir(folder.substr(0, slash).c_str(), 0777);
    if (mkdir(folder.c_str(), 0700) != 0 && errno != EEXIST)
        throw PluginError("the runtime folder " + folder + " can't be made: " + std::strerror(errno));
}

std::string octal(mode_t mode) {
    char text[16];
    std::snprintf(text, sizeof text, "%o", static_cast<unsigned>(mode & 0777));
    return text;
}

} // namespace

std::string runtimeFolderPath() {
    if (const std::string chosen = environment("TIMBRED_RUNTIME_DIR"); !chosen.empty())
        return chosen;
    if (const std::string session = environment("XDG_RUNTIME_DIR"); !session.empty())
        return session + "/timbred";
    const bool inMemory = access("/dev/shm", W_OK) == 0; // nothing there is ever written back to a disk
    return (inMemory ? "/dev/shm/timbred-" : "/tmp/timbred-") + std::to_string(getuid());
}

void makeRuntimeFolder(const std::string& folder) {
    makeWithParents(folder);
    struct stat status {};
    if (lstat(folder.c_str(), &status) != 0 || !S_ISDIR(status.st_mode))
        throw PluginError("the runtime folder " + folder + " must be a folder");
    if (status.st_uid != getuid() || (status.st_mode & 022) != 0)
        throw PluginError("the runtime folder " + folder + " must be yours alone, not owner " +
                          std::to_string(status.st_uid) + " mode " + octal(status.st_mode));
}

} // namespace timbred
