// The editor's colours: dark and calm, one accent, amber for what is pinned, red only for trouble.
#pragma once

#include <cstdint>

namespace timbred::palette {

inline constexpr uint32_t kGround = 0x15181d;
inline constexpr uint32_t kPanel = 0x1b1f26;
inline constexpr uint32_t kRaised = 0x242a33;
inline constexpr uint32_t kPressed = 0x303844;
inline constexpr uint32_t kLine = 0x2a303a;
inline constexpr uint32_t kText = 0xe8ebf0;
inline constexpr uint32_t kDim = 0x98a1b0;
inline constexpr uint32_t kFaint = 0x717a89;
inline constexpr uint32_t kAccent = 0x62cfae;
inline constexpr uint32_t kOnAccent = 0x0e2b23;
inline constexpr uint32_t kPin = 0xe9b95a;
inline constexpr uint32_t kIce = 0x7fb4ec;
inline constexpr uint32_t kTrouble = 0xe8836a;

} // namespace timbred::palette
