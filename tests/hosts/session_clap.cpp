// A minimal CLAP host that does as it is told on standard input, one line each, answered by one line.
//
//   session_clap TIMBRED.clap            play NUMERATOR DENOMINATOR QUARTERS [BAR]   one block, "ok"
//   session_clap TIMBRED.clap editor     shows the editor and plays silence until its input ends; says
//   "dirty"
//                                        when it is told so, "sound" and "silence" when these begin
#include "session_window.hpp"

#include "clap/entry.h"
#include "clap/ext/gui.h"
#include "clap/ext/state.h"
#include "clap/ext/timer-support.h"
#include "clap/plugin-factory.h"

#include <cstring>
#include <iostream>
#include <sstream>
#include <string>
#include <thread>

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

const void* extension(const clap_host_t*, const char* id) {
    if (std::strcmp(id, CLAP_EXT_TIMER_SUPPORT) == 0)
        return &kTimerSupport;
    if (std::strcmp(id, CLAP_EXT_STATE) == 0)
        return &kState;
    return std::strcmp(id, CLAP_EXT_GUI) == 0 ? &kGui : nullptr;
}

void ignore(const clap_host_t*) {}

const clap_host_t kHost{CLAP_VERSION, nullptr,   "session host", "timbred", "",
                        "1",          extension, ignore,         ignore,    ignore};

const clap_input_events_t kNoEvents{
    nullptr, [](const clap_input_events_t*) -> uint32_t { return 0; },
    [](const clap_input_events_t*, uint32_t) -> const clap_event_header_t* { return nullptr; }};
const clap_output_events_t kDropEvents{
    nullptr, [](const clap_output_events_t*, const clap_event_header_t*) { return true; }};

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
    process.in_events = &kNoEvents;
    process.out_events = &kDropEvents;
    if (plugin->process(plugin, &process) == CLAP_PROCESS_ERROR)
        fail("process failed");
    ear.hear(heard[0], 512);
}

void showEditor(const clap_plugin_t* plugin) {
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
    while (!inputEnds()) {
        timers->on_timer(plugin, 1);
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
        showEditor(plugin);
    else
        for (std::string line, order; std::getline(std::cin, line);) {
            std::istringstream rest(line);
            if (!(rest >> order) || order != "play")
                fail("play");
            play(plugin, transportOf(rest));
            std::cout << "ok" << std::endl;
        }
    plugin->stop_processing(plugin);
    plugin->deactivate(plugin);
    plugin->destroy(plugin);
    entry->deinit();
}
