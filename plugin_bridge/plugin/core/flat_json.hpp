// Reads one flat JSON object of strings and integers: all that daemon.json is made of.
#pragma once

#include <cstdint>
#include <map>
#include <string>

namespace timbred {

struct FlatJson {
    std::map<std::string, std::string> strings;
    std::map<std::string, int64_t> integers;
};

// [any-thread] Throws PluginError at the first character that breaks the grammar.
FlatJson parseFlatJson(const std::string& source);

} // namespace timbred
