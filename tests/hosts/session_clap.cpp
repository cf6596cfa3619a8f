// A minimal CLAP host that does as it is told on standard input, one line each, answered by one line.
//
//   session_clap TIMBRED.clap            play NUMERATOR DENOMINATOR QUARTERS [BAR]   one block, "ok"
//                                        state FILE BYTES    gives the state in FILE in pieces of so many
//                                                            bytes and takes it back into FILE so; "ok"
//   session_clap TIMBRED.clap editor [playing]
//                                        shows the editor until its input ends, and plays silence or nothing;
//                                        says "dirty" when it is told so, "parameter ID VALUE" of what was
//                                        edited, "sound" and "silence" when these begin
#include "session_window.hpp"

#include "clap/entry.h"
#include "clap/ext/gui.h"
#include "clap/ext/params.h"
#include "clap/ext/state.h"
#include "clap/ext/timer-support.h"
#include "clap/plugin-factory.h"

#include <algorithm>
#include <cstring>
#include <fstream>
#include <iostream>
#include <iterator>
#include <sstream>
#include <string>
#include <thread>
#include <utility>

#include <dlfcn.h>

namespace {

const std::thread::id mainThread = std::this_thread::get_id();

const clap_host_timer_support_t kTimerSupport{[](const clap_host_t*, uint32_t, clap_id* id) {
                                                  *id = 1;
                                                  return true;
                                              },
                                              [](const clap_host_t*, clap_id) { return true; }};
const clap_host_gui_t kGui{[](const clap_host_t*) {},
                           [](const clap_host_t*, uint32_t, uint32_t) { return true; },
                           [](const clap_host_t*) { return true; }, [](const clap_host_t*) { return true; },
                           [](const clap_host_t*, bool) {}};
const clap_host_state_t kState{[](const clap_host_t*) {
    if (std::this_thread::get_id() != mainThread)
        fail("the plugin called the host from a wrong thread");
    std::cout << "dirty" << std::endl;
}};

bool flushWanted = false;
const clap_host_params_t kParameters{[](const clap_host_t*, clap_param_rescan_flags) {},
                                     [](const clap_host_t*, clap_id, clap_param_clear_flags) {},
                                     [](const clap_host_t*) { flushWanted = true; }};

const void* extension(const clap_host_t*, const char* id) {
    if (std::strcmp(id, CLAP_EXT_TIMER_SUPPORT) == 0)
        return &kTimerSupport;
    if (std::strcmp(id, CLAP_EXT_STATE) == 0)
        return &kState;
    if (std::strcmp(id, CLAP_EXT_PARAMS) == 0)
        return &kParameters;
    return std::strcmp(id, CLAP_EXT_GUI) == 0 ? &kGui : nullptr;
}

void ignore(const clap_host_t*) {}

const clap_host_t kHost{CLAP_VERSION, nullptr,   "session host", "timbred", "",
                        "1",          extension, ignore,         ignore,    ignore};

// Of every block: a change of the transport, a modulation and a touched parameter.
const clap_event_transport_t kTransport{{sizeof(clap_event_transport_t), 0, 0, CLAP_EVENT_TRANSPORT, 0}};
const clap_event_param_mod_t kModulation{{sizeof(clap_event_param_mod_t), 0, 0, CLAP_EVENT_PARAM_MOD, 0}};
const clap_event_param_gesture_t kTouch{
    {sizeof(clap_event_param_gesture_t), 0, 0, CLAP_EVENT_PARAM_GESTURE_BEGIN, 0}, 0};
const clap_event_header_t* const kEventList[] = {&kTransport.header, &kModulation.header, &kTouch.header};
const clap_input_events_t kEvents{
    nullptr, [](const clap_input_events_t*) -> uint32_t { return 3; },
    [](const clap_input_events_t*, uint32_t index) { return kEventList[index]; }};
const clap_output_events_t kDropEvents{
    nullptr, [](const clap_output_events_t*, const clap_event_header_t*) { return true; }};
const clap_input_events_t kNoEvents{
    nullptr, [](const clap_input_events_t*) -> uint32_t { return 0; },
    [](const clap_input_events_t*, uint32_t) -> const clap_event_header_t* { return nullptr; }};
const clap_output_events_t kSayEvents{
    nullptr, [](const clap_output_events_t*, const clap_event_header_t* event) {
        if (event->type == CLAP_EVENT_PARAM_VALUE) {
            const auto* set = reinterpret_cast<const clap_event_param_value_t*>(event);
            std::cout << "parameter " << set->param_id << ' ' << set->value << std::endl;
        }
        return true;
    }};

clap_event_transport_t transportOf(std::istream& words) {
    clap_event_transport_t transport{};
    transport.header.size = sizeof transport;
    transport.header.type = CLAP_EVENT_TRANSPORT;
    transport.flags = CLAP_TRANSPORT_HAS_TEMPO | CLAP_TRANSPORT_HAS_BEATS_TIMELINE |
                      CLAP_TRANSPORT_HAS_TIME_SIGNATURE | CLAP_TRANSPORT_IS_PLAYING;
    transport.tempo = 120;
    double quarters = 0, bar = 0;
    words >> transport.tsig_num >> transport.tsig_denom >> quarters >> bar;
    transport.song_pos_beats = static_cast<clap_beattime>(quarters * CLAP_BEATTIME_FACTOR);
    transport.bar_start = static_cast<clap_beattime>(bar * CLAP_BEATTIME_FACTOR);
    return transport;
}

Ear ear;

void play(const clap_plugin_t* plugin, const clap_event_transport_t& transport) {
    static float silence[2][512], heard[2][512];
    float *in[] = {silence[0], silence[1]}, *out[] = {heard[0], heard[1]};
    const clap_audio_buffer_t input{in, nullptr, 2, 0, 0};
    clap_audio_buffer_t output{out, nullptr, 2, 0, 0};
    clap_process_t process{};
    process.frames_count = 512;
    process.transport = &transport;
    process.audio_inputs = &input;
    process.audio_outputs = &output;
    process.audio_inputs_count = process.audio_outputs_count = 1;
    process.in_events = &kEvents;
    process.out_events = &kDropEvents;
    if (plugin->process(plugin, &process) == CLAP_PROCESS_ERROR)
        fail("process failed");
    ear.hear(heard[0], 512);
}

// A state on its way, a piece at a time.
struct Pieces {
    std::string bytes;
    uint64_t most;
    size_t taken = 0;
};

void throughPieces(const clap_plugin_t* plugin, const std::string& path, uint64_t most) {
    const auto* state =
        static_cast<const clap_plugin_state_t*>(plugin->get_extension(plugin, CLAP_EXT_STATE));
    std::ifstream file(path, std::ios::binary);
    Pieces given{{std::istreambuf_iterator<char>(file), {}}, most}, saved{"", most};
    const clap_istream_t from{&given, [](const clap_istream_t* self, void* data, uint64_t size) -> int64_t {
                                  auto& pieces = *static_cast<Pieces*>(self->ctx);
                                  const size_t count = pieces.bytes.copy(
                                      static_cast<char*>(data), std::min(size, pieces.most), pieces.taken);
                                  pieces.taken += count;
                                  return static_cast<int64_t>(count);
                              }};
    const clap_ostream_t to{&saved,
                            [](const clap_ostream_t* self, const void* data, uint64_t size) -> int64_t {
                                auto& pieces = *static_cast<Pieces*>(self->ctx);
                                const uint64_t count = std::min(size, pieces.most);
                                pieces.bytes.append(static_cast<const char*>(data), count);
                                return static_cast<int64_t>(count);
                            }};
    if (!state->load(plugin, &from) || !state->save(plugin, &to))
        fail("the state can't be loaded or saved");
    std::ofstream(path, std::ios::binary) << saved.bytes;
}

void showEditor(const clap_plugin_t* plugin, bool playing) {
    const auto* gui = static_cast<const clap_plugin_gui_t*>(plugin->get_extension(plugin, CLAP_EXT_GUI));
    const auto* timers = static_cast<const clap_plugin_timer_support_t*>(
        plugin->get_extension(plugin, CLAP_EXT_TIMER_SUPPORT));
    EditorWindow window;
    uint32_t width = 0, height = 0;
    if (!gui->create(plugin, CLAP_WINDOW_API_X11, false) || !gui->get_size(plugin, &width, &height))
        fail("there is no editor");
    window.show(width, height);
    clap_window_t parent{};
    parent.api = CLAP_WINDOW_API_X11;
    parent.x11 = window.id();
    if (!gui->set_parent(plugin, &parent) || !gui->show(plugin))
        fail("the editor can't be shown");
    const auto* parameters =
        static_cast<const clap_plugin_params_t*>(plugin->get_extension(plugin, CLAP_EXT_PARAMS));
    while (!inputEnds()) {
        timers->on_timer(plugin, 1);
        if (std::exchange(flushWanted, false))
            parameters->flush(plugin, &kNoEvents, &kSayEvents);
        if (playing)
            play(plugin, {});
    }
    gui->destroy(plugin);
}

} // namespace

int main(int count, char** words) {
    if (count < 2)
        return 2;
    void* library = dlopen(words[1], RTLD_NOW | RTLD_LOCAL);
    if (!library)
        fail(dlerror());
    const auto* entry = static_cast<const clap_plugin_entry_t*>(dlsym(library, "clap_entry"));
    entry->init(words[1]);
    const auto* factory =
        static_cast<const clap_plugin_factory_t*>(entry->get_factory(CLAP_PLUGIN_FACTORY_ID));
    const clap_plugin_t* plugin =
        factory->create_plugin(factory, &kHost, factory->get_plugin_descriptor(factory, 0)->id);
    if (!plugin->init(plugin) || !plugin->activate(plugin, 48000, 1, 512) ||
        !plugin->start_processing(plugin))
        fail("the plugin can't be activated");
    std::cout << "ready" << std::endl;
    if (count > 2)
        showEditor(plugin, count > 3);
    else
        for (std::string line, order; std::getline(std::cin, line);) {
            std::istringstream rest(line);
            std::string path;
            uint64_t bytes = 0;
            rest >> order;
            if (order == "play")
                play(plugin, transportOf(rest));
            else if (order == "state" && rest >> path >> bytes)
                throughPieces(plugin, path, bytes);
            else
                fail("play or state");
            std::cout << "ok" << std::endl;
        }
    plugin->stop_processing(plugin);
    plugin->deactivate(plugin);
    plugin->destroy(plugin);
    entry->deinit();
}
