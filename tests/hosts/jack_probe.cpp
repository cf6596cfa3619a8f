// Sends noise through another JACK client and compares what comes back, bit for bit.
//
//   jack_probe CLIENT FRAMES    CLIENT's first two audio inputs and outputs are used; prints JSON
// Noise that JACK itself dropped blocks of says nothing of the client: `xruns` counts the times it was late.
#include <jack/jack.h>

#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <thread>
#include <vector>

namespace {

constexpr int kChannels = 2;
constexpr int kCyclesToConnect = 50; // a connection is heard some cycles after it was asked for

struct Probe {
    jack_port_t* out[kChannels];
    jack_port_t* in[kChannels];
    std::vector<float> sent[kChannels], heard[kChannels];
    std::atomic<size_t> place{0};
    std::atomic<bool> running{false};
    std::atomic<int> cycles{0}, xruns{0};
};

int process(jack_nframes_t frames, void* context) {
    Probe& probe = *static_cast<Probe*>(context);
    const size_t place = probe.place;
    ++probe.cycles;
    const bool room = probe.running && place + frames <= probe.sent[0].size();
    for (int channel = 0; channel < kChannels; ++channel) {
        auto* out = static_cast<float*>(jack_port_get_buffer(probe.out[channel], frames));
        const auto* in = static_cast<const float*>(jack_port_get_buffer(probe.in[channel], frames));
        if (!room) {
            std::memset(out, 0, frames * sizeof(float));
            continue;
        }
        std::memcpy(out, &probe.sent[channel][place], frames * sizeof(float));
        std::memcpy(&probe.heard[channel][place], in, frames * sizeof(float));
    }
    if (room)
        probe.place = place + frames;
    return 0;
}

int xrun(void* context) {
    ++static_cast<Probe*>(context)->xruns;
    return 0;
}

// The audio ports of a client that flow one way, in its order.
std::vector<std::string> portsOf(jack_client_t* client, const std::string& name, unsigned long flags) {
    std::vector<std::string> ports;
    if (const char** found =
            jack_get_ports(client, ("^" + name + ":").c_str(), JACK_DEFAULT_AUDIO_TYPE, flags)) {
        for (const char** port = found; *port; ++port)
            ports.emplace_back(*port);
        jack_free(found);
    }
    return ports;
}

bool connect(jack_client_t* client, Probe& probe, const std::string& other) {
    const auto inputs = portsOf(client, other, JackPortIsInput);
    const auto outputs = portsOf(client, other, JackPortIsOutput);
    if (inputs.size() < kChannels || outputs.size() < kChannels)
        return false;
    for (int channel = 0; channel < kChannels; ++channel)
        if (jack_connect(client, jack_port_name(probe.out[channel]), inputs[channel].c_str()) != 0 ||
            jack_connect(client, outputs[channel].c_str(), jack_port_name(probe.in[channel])) != 0)
            return false;
    return true;
}

// Frames by which what was heard comes after what was sent, or -1 where it is no copy of it.
long delayOf(const Probe& probe, size_t frames) {
    for (size_t delay = 0; delay < frames / 2; ++delay) {
        bool same = true;
        for (int channel = 0; channel < kChannels && same; ++channel)
            same = std::memcmp(&probe.heard[channel][delay], probe.sent[channel].data(),
                               (frames - delay) * sizeof(float)) == 0;
        if (same)
            return static_cast<long>(delay);
    }
    return -1;
}

} // namespace

int main(int count, char** words) {
    if (count != 3)
        return 2;
    jack_client_t* client = jack_client_open("probe", JackNoStartServer, nullptr);
    if (!client)
        return 2;
    Probe probe;
    const size_t frames = std::stoul(words[2]);
    for (int channel = 0; channel < kChannels; ++channel) {
        const std::string number = std::to_string(channel + 1);
        probe.out[channel] = jack_port_register(client, ("out" + number).c_str(), JACK_DEFAULT_AUDIO_TYPE,
                                                JackPortIsOutput, 0);
        probe.in[channel] =
            jack_port_register(client, ("in" + number).c_str(), JACK_DEFAULT_AUDIO_TYPE, JackPortIsInput, 0);
        for (size_t i = 0; i < frames; ++i)
            probe.sent[channel].push_back(static_cast<float>(std::rand()) / static_cast<float>(RAND_MAX) -
                                          0.5f);
        probe.heard[channel].resize(frames);
    }
    jack_set_process_callback(client, process, &probe);
    jack_set_xrun_callback(client, xrun, &probe);
    jack_activate(client);
    for (int i = 0; i < 200 && !connect(client, probe, words[1]); ++i)
        std::this_thread::sleep_for(std::chrono::milliseconds(50));
    const int connected = probe.cycles;
    while (probe.cycles < connected + kCyclesToConnect)
        std::this_thread::sleep_for(std::chrono::milliseconds(10));
    probe.xruns = 0;
    probe.running = true;
    size_t before = frames;
    while (probe.place != before) { // until a block has no room any more
        before = probe.place;
        std::this_thread::sleep_for(std::chrono::milliseconds(300));
    }
    jack_client_close(client);
    std::printf("{\"frames\": %zu, \"delay_frames\": %ld, \"xruns\": %d}\n", probe.place.load(),
                delayOf(probe, probe.place), probe.xruns.load());
}
