// All threads of a plugin at once, as a host runs them; built with ThreadSanitizer, any race ends it.
#include "../core/instance.hpp"
#include "check.hpp"

#include <filesystem>
#include <fstream>

using namespace timbred;

namespace {

// Sends whoever says hello a list and a status without end, and a sound to whoever asks for one.
class BusyDaemon {
  public:
    explicit BusyDaemon(const std::string& folder) : folder_(folder), thread_([this] { serve(); }) {
        std::ofstream(folder + "/daemon.json")
            << "{\"pid\": 1, \"port\": " << socket_.port()
            << ", \"token\": \"t\", \"protocol\": " << osc::kProtocol << ", \"version\": \"9.9\"}";
    }
    ~BusyDaemon() {
        stopping_ = true;
        thread_.join();
    }

    std::atomic<int> hellos{0};

  private:
    void serve() {
        char packet[osc::kMaxPacketBytes + 1];
        for (int revision = 1; !stopping_; ++revision) {
            socket_.wait(2);
            while (const size_t bytes = socket_.receive(packet))
                if (const auto message = osc::decode(packet, bytes)) {
                    if (message->row == &osc::kHello)
                        welcome(*message);
                    if (message->row == &osc::kAudition)
                        saySound(message->integer(3));
                }
            if (port_)
                sayList(revision);
        }
    }

    void welcome(const osc::Message& hello) {
        ++hellos;
        session_ = hello.text(1);
        port_ = hello.integer(2);
        say(osc::kWelcome, {session_, osc::kProtocol, std::string("9.9"), 1, std::string("m")});
    }

    void sayList(int revision) {
        say(osc::kSuggestions, {session_, revision, 0, 1, std::string("fit"), std::string("kick"), 1,
                                std::string("id"), std::string("n"), std::string("p"), std::string("kick"),
                                0.5f, 1, std::string("w"), std::string("/f")});
        say(osc::kStatus,
            {session_, std::string("listening"), std::string(), std::string("fit"), std::string("bars"), 1.f,
             std::string(), std::string("x"), 0, revision, 1, std::string("m"), int64_t{0}, 0});
    }

    void saySound(int32_t number) {
        const std::vector<float> samples(2 * 3000, 0.5f);
        const std::string name = session_ + "-" + std::to_string(++filesLeft_) + ".audio";
        std::ofstream(folder_ + "/" + name, std::ios::binary)
            .write(reinterpret_cast<const char*>(samples.data()),
                   static_cast<std::streamsize>(samples.size() * sizeof(float)));
        say(osc::kAudio, {session_, number, 48000, name, std::string()});
    }

    void say(const osc::Row& row, const std::vector<osc::Value>& values) {
        socket_.send(osc::encode(row, values), port_);
    }

    const std::string folder_;
    int filesLeft_ = 0;
    UdpSocket socket_;
    std::atomic<bool> stopping_{false};
    std::string session_;
    int port_ = 0;
    std::thread thread_;
};

// The audio thread between one activation and the next deactivation; returns in how many blocks a sound was
// heard.
int process(Instance& instance, int blocks) {
    int heard = 0;
    std::vector<float> samples(512, 0.25f);
    std::vector<float> left(512), right(512);
    const float* planes[] = {samples.data(), samples.data()};
    float* outputs[] = {left.data(), right.data()};
    for (int block = 0; block < blocks; ++block) {
        instance.settings().setParameter(kParameterContext, static_cast<float>(block % 8)); // automation
        instance.record(planes, static_cast<uint32_t>(block % 512),
                        {true, true, 120.0, 1.0 * block, 0.0, 4, 4});
        left[0] = 0.f;
        instance.audition(outputs, static_cast<uint32_t>(block % 512));
        heard += left[0] != 0.f;
        if (block % 50 == 0)
            std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
    return heard;
}

void edit(Instance& instance, int turn) {
    Choices choices = instance.settings().choices();
    choices.words = std::to_string(turn);
    choices.judge("id", turn % 2 ? "pin" : "");
    instance.setChoices(choices);
    instance.audition(turn % 5 == 4 ? "" : "id");
    CHECK(instance.link().snapshot() != nullptr);
    CHECK(instance.recorder().trouble().empty());
}

} // namespace

TEST(process_link_editor_activation_and_a_lost_ring_together_lose_no_block) {
    const std::string folder = check::freshRuntimeFolder();
    BusyDaemon daemon(folder);
    Instance instance;
    int heard = 0; // by one audio thread after the other
    for (int turn = 0; turn < 12; ++turn) {
        instance.activate(turn % 3 == 2 ? 44100 : 48000);
        std::thread audio([&] { heard += process(instance, 2000); });
        std::thread editor([&] {
            for (int i = 0; i < 100; ++i) {
                edit(instance, i);
                std::this_thread::sleep_for(std::chrono::milliseconds(2));
            }
        });
        if (turn % 4 == 3)
            std::filesystem::remove(instance.recorder().ringPath()); // the link thread makes another
        audio.join();
        editor.join();
    }
    CHECK(instance.recorder().unrecordedBlocks() == 0);
    CHECK(daemon.hellos > 1 && heard > 1);
}
