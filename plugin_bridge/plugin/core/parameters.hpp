// The host's parameters: one table. Ids and the order of choices are permanent: sessions hold them.
#pragma once

#include <cstddef>
#include <cstdint>

namespace timbred {

enum ParameterId : uint32_t { kParameterMode = 0, kParameterContext = 1, kParameterFreeze = 2 };
inline constexpr size_t kParameterCount = 3;

// How much of the music to hear: what the host shows, and what the daemon is told.
struct ContextChoice {
    const char* label;
    const char* unit;
    float length;
};
inline constexpr ContextChoice kContexts[] = {
    {"1 bar", "bars", 1.f},  {"2 bars", "bars", 2.f}, {"4 bars", "bars", 4.f}, {"8 bars", "bars", 8.f},
    {"2 s", "seconds", 2.f}, {"4 s", "seconds", 4.f}, {"8 s", "seconds", 8.f}, {"16 s", "seconds", 16.f},
};
inline constexpr size_t kContextCount = sizeof kContexts / sizeof *kContexts;

inline constexpr const char* kModes[] = {"match", "fit"};

struct ParameterRow {
    ParameterId id;
    const char* symbol;
    const char* name;
    const char* description;
    float max; // the smallest value is 0, all values are whole
    float byDefault;
};
inline constexpr ParameterRow kParameters[kParameterCount] = {
    {kParameterMode, "mode", "Mode", "Rank what sounds like the music, or what belongs with it", 1.f, 0.f},
    {kParameterContext, "context", "Context", "How much of the music to hear", kContextCount - 1.f, 2.f},
    {kParameterFreeze, "freeze", "Freeze", "Hold the list as it is", 1.f, 0.f},
};
static_assert(kParameters[kParameterFreeze].id == kParameterFreeze);

} // namespace timbred
