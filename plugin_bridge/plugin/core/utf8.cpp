#include "utf8.hpp"

#include <cstdint>

namespace timbred {

namespace {

// The code point of `length` bytes, or a value that no character has.
uint32_t codePoint(const std::string& text, size_t place, size_t length) noexcept {
    static constexpr uint32_t kFirstBits[] = {0, 0x7f, 0x1f, 0x0f, 0x07};
    static constexpr uint32_t kInvalid = 0xffffffff;
    if (place + length > text.size())
        return kInvalid;
    uint32_t point = static_cast<uint8_t>(text[place]) & kFirstBits[length];
    for (size_t i = 1; i < length; ++i) {
        const auto byte = static_cast<uint8_t>(text[place + i]);
        if ((byte & 0xc0) != 0x80)
            return kInvalid;
        point = point << 6 | (byte & 0x3f);
    }
    return point;
}

} // namespace

size_t utf8Length(char first) noexcept {
    const auto byte = static_cast<uint8_t>(first);
    return byte >= 0xf8 ? 1 : byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : byte >= 0xc0 ? 2 : 1;
}

bool isUtf8(const std::string& text) noexcept {
    static constexpr uint32_t kSmallest[] = {0, 0, 0x80, 0x800, 0x10000};
    for (size_t place = 0; place < text.size();) {
        const size_t length = utf8Length(text[place]);
        if (length == 1 && static_cast<uint8_t>(text[place]) >= 0x80)
            return false;
        const uint32_t point = codePoint(text, place, length);
        if (point > 0x10ffff || point < kSmallest[length] || (point >= 0xd800 && point <= 0xdfff))
            return false;
        place += length;
    }
    return true;
}

} // namespace timbred
