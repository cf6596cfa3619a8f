// Whether bytes are UTF-8, and where its characters begin.
#pragma once

#include <string>

namespace timbred {

// [any-thread] No overlong form, no surrogate, nothing beyond U+10FFFF.
bool isUtf8(const std::string& text) noexcept;

// [any-thread] Bytes of the character that begins with this byte; 1 for a byte that begins none.
size_t utf8Length(char first) noexcept;

} // namespace timbred
