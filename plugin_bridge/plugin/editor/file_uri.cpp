#include "file_drag.hpp"

#include <cctype>
#include <cstring>

namespace timbred {

std::string fileUri(const std::string& path) {
    static constexpr char kDigits[] = "0123456789ABCDEF";
    std::string uri = "file://";
    if (path.compare(0, uri.size(), uri) == 0)
        return path;
    for (const char c : path) {
        const auto byte = static_cast<unsigned char>(c);
        if (byte < 128 && (std::isalnum(byte) || (byte && std::strchr("/-_.~", c)))) {
            uri += c;
            continue;
        }
        uri += '%';
        uri += kDigits[byte >> 4];
        uri += kDigits[byte & 15];
    }
    return uri;
}

} // namespace timbred
