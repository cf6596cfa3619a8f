#include "session_id.hpp"

#include "errors.hpp"

#include <sys/random.h>

namespace timbred {

SessionId randomSessionId() {
    SessionId session{};
    if (getrandom(session.data(), session.size(), 0) != static_cast<ssize_t>(session.size()))
        throw PluginError("the system gives no random bytes for a session id");
    return session;
}

std::string hex(const SessionId& session) {
    static constexpr char kDigits[] = "0123456789abcdef";
    std::string text;
    for (const uint8_t byte : session) {
        text += kDigits[byte >> 4];
        text += kDigits[byte & 15];
    }
    return text;
}

} // namespace timbred
