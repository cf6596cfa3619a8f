// Generated from timbred_bridge/wire.py and osc_table.py by scripts/generate; edit those.
#pragma once
// clang-format off

#include <atomic>
#include <cstddef>
#include <cstdint>

namespace timbred::wire {

inline constexpr char kMagic[8] = {'T', 'I', 'M', 'B', 'R', 'E', 'D', 0};
inline constexpr uint32_t kVersion = 1;
inline constexpr size_t kBodyOffset = 4096;
inline constexpr double kMinSeconds = 20.0;
inline constexpr uint32_t kMinSampleRate = 8000;
inline constexpr uint32_t kMaxSampleRate = 384000;
inline constexpr size_t kSessionBytes = 16;
inline constexpr uint32_t kTransportPlaying = 1;
inline constexpr uint32_t kTransportHasBeats = 2;

struct RingHeader {
    char magic[8]; // TIMBRED and a zero byte; written last, so a half-made ring has none
    uint32_t version; // version of this layout
    uint32_t channels; // planes in the body
    uint32_t capacityFrames; // frames in a plane, a power of two
    uint32_t sampleRate; // frames per second
    uint8_t sessionId[16]; // the plugin instance, random, the same in every OSC packet
    uint32_t writerPid; // process that writes
    uint8_t reserved44[20];
    std::atomic<uint64_t> claimedFrames; // atomic: frames written or about to be overwritten
    std::atomic<uint64_t> writtenFrames; // atomic: frames that can be read; only grows
    uint8_t reserved80[48];
    std::atomic<uint32_t> transportSequence; // atomic: odd while the transport is being written
    std::atomic<uint32_t> transportFlags; // bits: 1 playing, 2 has beats
    std::atomic<uint64_t> transportFrame; // frame number for which the transport holds
    std::atomic<double> tempoBpm; // quarter notes per minute
    std::atomic<double> ppqPosition; // quarter notes since the song's start, at transport_frame
    std::atomic<double> barStartPpq; // quarter notes since the song's start, at the bar's first beat
    std::atomic<uint32_t> beatsPerBar; // upper number of the time signature
    std::atomic<uint32_t> beatUnit; // lower number of the time signature
    uint8_t reserved176[3920];
};

static_assert(offsetof(RingHeader, magic) == 0);
static_assert(offsetof(RingHeader, version) == 8);
static_assert(offsetof(RingHeader, channels) == 12);
static_assert(offsetof(RingHeader, capacityFrames) == 16);
static_assert(offsetof(RingHeader, sampleRate) == 20);
static_assert(offsetof(RingHeader, sessionId) == 24);
static_assert(offsetof(RingHeader, writerPid) == 40);
static_assert(offsetof(RingHeader, claimedFrames) == 64);
static_assert(offsetof(RingHeader, writtenFrames) == 72);
static_assert(offsetof(RingHeader, transportSequence) == 128);
static_assert(offsetof(RingHeader, transportFlags) == 132);
static_assert(offsetof(RingHeader, transportFrame) == 136);
static_assert(offsetof(RingHeader, tempoBpm) == 144);
static_assert(offsetof(RingHeader, ppqPosition) == 152);
static_assert(offsetof(RingHeader, barStartPpq) == 160);
static_assert(offsetof(RingHeader, beatsPerBar) == 168);
static_assert(offsetof(RingHeader, beatUnit) == 172);
static_assert(sizeof(RingHeader) == kBodyOffset);
static_assert(std::atomic<uint64_t>::is_always_lock_free);
static_assert(std::atomic<uint32_t>::is_always_lock_free);

} // namespace timbred::wire

namespace timbred::osc {

inline constexpr int32_t kProtocol = 2;
inline constexpr size_t kMaxPacketBytes = 8192;

// One message: its address, its arguments' type tags, and those of the group that may repeat.
struct Row {
    const char* address;
    const char* types;
    const char* repeat;
};

inline constexpr Row kHello = {"/timbred/hello", "ssiisss", ""};
inline constexpr Row kBye = {"/timbred/bye", "ss", ""};
inline constexpr Row kPing = {"/timbred/ping", "ssi", ""};
inline constexpr Row kMode = {"/timbred/mode", "sss", ""};
inline constexpr Row kContext = {"/timbred/context", "sssf", ""};
inline constexpr Row kSlots = {"/timbred/slots", "sss", ""};
inline constexpr Row kWords = {"/timbred/words", "sss", ""};
inline constexpr Row kFreeze = {"/timbred/freeze", "ssi", ""};
inline constexpr Row kMore = {"/timbred/more", "sssi", ""};
inline constexpr Row kFeedback = {"/timbred/feedback", "ssss", ""};
inline constexpr Row kAudition = {"/timbred/audition", "sssi", ""};
inline constexpr Row kWatch = {"/timbred/watch", "sis", ""};
inline constexpr Row kInspect = {"/timbred/inspect", "si", ""};
inline constexpr Row kStop = {"/timbred/stop", "s", ""};
inline constexpr Row kWelcome = {"/timbred/welcome", "sisis", ""};
inline constexpr Row kSuggestions = {"/timbred/suggestions", "siiis", "sissssfiss"};
inline constexpr Row kAudio = {"/timbred/audio", "siiss", ""};
inline constexpr Row kStatus = {"/timbred/status", "sssssfssiiishi", ""};
inline constexpr Row kReport = {"/timbred/report", "sifsishs", "ssssihhi"};
inline constexpr Row kError = {"/timbred/error", "sss", ""};

inline constexpr const Row* kTable[] = {
    &kHello,
    &kBye,
    &kPing,
    &kMode,
    &kContext,
    &kSlots,
    &kWords,
    &kFreeze,
    &kMore,
    &kFeedback,
    &kAudition,
    &kWatch,
    &kInspect,
    &kStop,
    &kWelcome,
    &kSuggestions,
    &kAudio,
    &kStatus,
    &kReport,
    &kError,
};

inline constexpr const char* kSlotNames[] = {
    "kick",
    "snare",
    "clap",
    "hat",
    "tom",
    "cymbal",
    "percussion",
    "bass",
    "keys",
    "guitar",
    "strings",
    "brass",
    "wind",
    "lead",
    "pad",
    "pluck",
    "mallet",
    "vocal",
    "effect",
};

} // namespace timbred::osc
