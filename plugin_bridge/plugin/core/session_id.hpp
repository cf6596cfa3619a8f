// The name of one plugin instance: random, the same in its ring and in all its packets.
#pragma once

#include "../wire.h"

#include <array>
#include <string>

namespace timbred {

using SessionId = std::array<uint8_t, wire::kSessionBytes>;

// [any-thread] Fresh random bytes from the system. Throws PluginError where it has none.
SessionId randomSessionId();

// [any-thread] 32 hexadecimal digits.
std::string hex(const SessionId& session);

} // namespace timbred
