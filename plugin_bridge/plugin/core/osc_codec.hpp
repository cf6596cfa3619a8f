// OSC messages to bytes and back, checked against the rows of wire.h. Touches no socket.
#pragma once

#include "../wire.h"

#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace timbred::osc {

using Value = std::variant<int32_t, int64_t, float, std::string>;

// A checked message: the row's arguments in order, then those of its repeated groups.
struct Message {
    const Row* row = nullptr;
    std::vector<Value> values;

    const std::string& text(size_t index) const { return std::get<std::string>(values[index]); }
    int32_t integer(size_t index) const { return std::get<int32_t>(values[index]); }
    int64_t longInteger(size_t index) const { return std::get<int64_t>(values[index]); }
    float number(size_t index) const { return std::get<float>(values[index]); }
};

// [any-thread, not audio] One packet. Throws PluginError for other arguments than the row's, or when
// the packet would pass kMaxPacketBytes.
std::string encode(const Row& row, const std::vector<Value>& values);

// [any-thread, not audio] The message in a packet, or nothing where it is no message of the table:
// unknown address, other arguments, text that is not UTF-8, a float that is not finite, trailing bytes.
std::optional<Message> decode(const char* packet, size_t bytes);

} // namespace timbred::osc
