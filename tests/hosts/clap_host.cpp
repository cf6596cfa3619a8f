// A minimal CLAP host: the plugin's whole life, audio bit for bit, the transport, and the editor.
//
//   clap_host PLUGIN.clap             prints JSON; 0 where every output block was its input
//   clap_host PLUGIN.clap SECONDS     also shows the editor for so long, in a window named "clap host"
//   clap_host PLUGIN.clap SECONDS SCALE [fixed]    tells it the screen's scale; lets it not resize the window
#include "clap/entry.h"
#include "clap/ext/gui.h"
#include "clap/ext/params.h"
#include "clap/ext/state.h"
#include "clap/ext/timer-support.h"
#include "clap/plugin-factory.h"

#include <X11/Xlib.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <map>
#include <random>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <dlfcn.h>

namespace {

using Clock = std::chrono::steady_clock;

struct Timer {
    std::chrono::milliseconds period;
    Clock::time_point next;
};
std::map<clap_id, Timer> timers;
bool callbackWanted = false;
bool windowFixed = false;
Display* display = nullptr;
Window window = 0;

bool registerTimer(const clap_host_t*, uint32_t milliseconds, clap_id* id) {
    *id = static_cast<clap_id>(timers.size() + 1);
    timers[*id] = {std::chrono::milliseconds(milliseconds), Clock::now()};
    return true;
}
bool unregisterTimer(const clap_host_t*, clap_id id) { return timers.erase(id) > 0; }
const clap_host_timer_support_t kTimerSupport{registerTimer, unregisterTimer};

const clap_host_gui_t kGui{[](const clap_host_t*) {},
                           [](const clap_host_t*, uint32_t width, uint32_t height) {
                               if (!windowFixed)
                                   XResizeWindow(display, window, width, height);
                               return !windowFixed;
                           },
                           [](const clap_host_t*) { return true; }, [](const clap_host_t*) { return true; },
                           [](const clap_host_t*, bool) {}};

const void* extension(const clap_host_t*, const char* id) {
    if (std::strcmp(id, CLAP_EXT_TIMER_SUPPORT) == 0)
        return &kTimerSupport;
    return std::strcmp(id, CLAP_EXT_GUI) == 0 ? &kGui : nullptr;
}
void ignore(const clap_host_t*) {}
void wantCallback(const clap_host_t*) { callbackWanted = true; }

const clap_host_t kHost{CLAP_VERSION, nullptr,   "clap host", "timbred", "",
                        "1",          extension, ignore,      ignore,    wantCallback};

[[noreturn]] void fail(const char* what) {
    std::fprintf(stderr, "%s\n", what);
    std::exit(2);
}

const clap_input_events_t kNoEvents{
    nullptr, [](const clap_input_events_t*) -> uint32_t { return 0; },
    [](const clap_input_events_t*, uint32_t) -> const clap_event_header_t* { return nullptr; }};
const clap_output_events_t kDropEvents{
    nullptr, [](const clap_output_events_t*, const clap_event_header_t*) { return true; }};

// 4/4 at 120 beats a minute, running since frame 0.
clap_event_transport_t transportAt(int64_t frame) {
    clap_event_transport_t transport{};
    transport.header.size = sizeof transport;
    transport.header.type = CLAP_EVENT_TRANSPORT;
    transport.flags = CLAP_TRANSPORT_HAS_TEMPO | CLAP_TRANSPORT_HAS_BEATS_TIMELINE |
                      CLAP_TRANSPORT_HAS_TIME_SIGNATURE | CLAP_TRANSPORT_IS_PLAYING;
    transport.song_pos_beats = static_cast<clap_beattime>(frame * 2.0 / 48000 * CLAP_BEATTIME_FACTOR);
    transport.tempo = 120;
    transport.tsig_num = transport.tsig_denom = 4;
    return transport;
}

// Processes 200 blocks of at most so many frames; says whether each came out as it went in.
bool processBlocks(const clap_plugin_t* plugin, uint32_t maxFrames, std::mt19937& random, int64_t& position) {
    bool exact = true;
    std::vector<float> in[2], out[2];
    for (int channel = 0; channel < 2; ++channel) {
        in[channel].resize(maxFrames);
        out[channel].resize(maxFrames);
    }
    for (int block = 0; block < 200; ++block) {
        const uint32_t frames = block % 3 ? maxFrames : 1 + random() % maxFrames;
        for (auto& channel : in)
            for (float& sample : channel)
                sample = static_cast<float>(random()) * 1e-9f - 2.f;
        float* inputs[] = {in[0].data(), in[1].data()};
        float* outputs[] = {out[0].data(), out[1].data()};
        const clap_audio_buffer_t input{inputs, nullptr, 2, 0, 0};
        clap_audio_buffer_t output{outputs, nullptr, 2, 0, 0};
        const clap_event_transport_t transport = transportAt(position);
        clap_process_t process{};
        process.steady_time = position;
        process.frames_count = frames;
        process.transport = &transport;
        process.audio_inputs = &input;
        process.audio_outputs = &output;
        process.audio_inputs_count = process.audio_outputs_count = 1;
        process.in_events = &kNoEvents;
        process.out_events = &kDropEvents;
        if (plugin->process(plugin, &process) == CLAP_PROCESS_ERROR)
            fail("process failed");
        for (int channel = 0; channel < 2; ++channel)
            exact &= std::memcmp(in[channel].data(), out[channel].data(), frames * sizeof(float)) == 0;
        position += frames;
    }
    return exact;
}

std::string savedState(const clap_plugin_t* plugin) {
    const auto* state =
        static_cast<const clap_plugin_state_t*>(plugin->get_extension(plugin, CLAP_EXT_STATE));
    std::string bytes;
    const clap_ostream_t stream{
        &bytes, [](const clap_ostream_t* self, const void* data, uint64_t size) -> int64_t {
            static_cast<std::string*>(self->ctx)->append(static_cast<const char*>(data), size);
            return static_cast<int64_t>(size);
        }};
    if (!state || !state->save(plugin, &stream))
        fail("the state can't be saved");
    return bytes;
}

void showEditor(const clap_plugin_t* plugin, double seconds, double scale) {
    const auto* gui = static_cast<const clap_plugin_gui_t*>(plugin->get_extension(plugin, CLAP_EXT_GUI));
    const auto* support = static_cast<const clap_plugin_timer_support_t*>(
        plugin->get_extension(plugin, CLAP_EXT_TIMER_SUPPORT));
    display = XOpenDisplay(nullptr);
    if (!display || !gui || !support || !gui->create(plugin, CLAP_WINDOW_API_X11, false))
        fail("there is no editor");
    if (scale > 0)
        gui->set_scale(plugin, scale);
    uint32_t width = 0, height = 0;
    gui->get_size(plugin, &width, &height);
    window = XCreateSimpleWindow(display, DefaultRootWindow(display), 0, 0, width, height, 0, 0, 0);
    XStoreName(display, window, "clap host");
    XMapWindow(display, window);
    XSync(display, False);
    clap_window_t parent{};
    parent.api = CLAP_WINDOW_API_X11;
    parent.x11 = window;
    if (!gui->set_parent(plugin, &parent) || !gui->show(plugin))
        fail("the editor can't be shown");
    XSync(display, False);
    const auto end = Clock::now() + std::chrono::duration<double>(seconds);
    for (auto now = Clock::now(); now < end; now = Clock::now()) {
        for (auto& [id, timer] : timers)
            if (now >= timer.next) {
                timer.next = now + timer.period;
                support->on_timer(plugin, id);
            }
        if (std::exchange(callbackWanted, false))
            plugin->on_main_thread(plugin);
        std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
    gui->destroy(plugin);
    XDestroyWindow(display, window);
    XCloseDisplay(display);
}

} // namespace

int main(int count, char** words) {
    if (count < 2)
        return 2;
    windowFixed = count > 4;
    void* library = dlopen(words[1], RTLD_NOW | RTLD_LOCAL);
    if (!library)
        fail(dlerror());
    const auto* entry = static_cast<const clap_plugin_entry_t*>(dlsym(library, "clap_entry"));
    if (!entry || !entry->init(words[1]))
        fail("no CLAP entry");
    const auto* factory =
        static_cast<const clap_plugin_factory_t*>(entry->get_factory(CLAP_PLUGIN_FACTORY_ID));
    const clap_plugin_descriptor_t* descriptor = factory->get_plugin_descriptor(factory, 0);
    const clap_plugin_t* plugin = factory->create_plugin(factory, &kHost, descriptor->id);
    if (!plugin || !plugin->init(plugin))
        fail("the plugin can't be made");
    std::mt19937 random(1);
    int64_t position = 0;
    bool exact = true;
    for (const uint32_t maxFrames : {1u, 16u, 64u, 480u, 512u, 1024u, 4096u}) {
        if (!plugin->activate(plugin, 48000, 1, maxFrames) || !plugin->start_processing(plugin))
            fail("the plugin can't be activated");
        exact &= processBlocks(plugin, maxFrames, random, position);
        plugin->stop_processing(plugin);
        plugin->deactivate(plugin);
    }
    const auto* parameters =
        static_cast<const clap_plugin_params_t*>(plugin->get_extension(plugin, CLAP_EXT_PARAMS));
    std::printf(
        "{\"id\": \"%s\", \"frames\": %lld, \"bit_exact\": %s, \"parameters\": %u, \"state_bytes\": %zu}\n",
        descriptor->id, static_cast<long long>(position), exact ? "true" : "false", parameters->count(plugin),
        savedState(plugin).size());
    std::fflush(stdout);
    if (std::getchar() == EOF) {
    } // the host stays until its input ends, so that a test can look around
    if (count > 2)
        showEditor(plugin, std::atof(words[2]), count > 3 ? std::atof(words[3]) : 0);
    plugin->destroy(plugin);
    entry->deinit();
    return exact ? 0 : 1;
}
