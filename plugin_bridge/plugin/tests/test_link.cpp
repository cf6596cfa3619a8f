#include "../core/errors.hpp"
#include "../core/instance.hpp"
#include "check.hpp"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <functional>

using namespace timbred;

namespace {

// A daemon of one socket: welcomes, echoes no status unless told to, and keeps what it was sent.
class FakeDaemon {
  public:
    explicit FakeDaemon(const std::string& folder, int protocol = osc::kProtocol) {
        std::ofstream(folder + "/daemon.json")
            << "{\"pid\": 1, \"port\": " << socket_.port() << ", \"token\": \"" << token_
            << "\", \"protocol\": " << protocol << ", \"version\": \"9.9\"}";
    }

    // Takes what has come, answering hello and ping.
    void serve() {
        char packet[osc::kMaxPacketBytes + 1];
        while (const size_t bytes = socket_.receive(packet)) {
            const auto message = osc::decode(packet, bytes);
            CHECK(message && message->text(0) == token_);
            if (message->row == &osc::kHello && hellosToLose-- > 0)
                continue;
            received.push_back(*message);
            if (message->row == &osc::kHello) {
                session_ = message->text(1);
                port_ = message->integer(2);
                say(osc::kWelcome,
                    {session_, osc::kProtocol, std::string("9.9"), 1234, std::string("model-1")});
            }
            if (message->row == &osc::kPing)
                say(osc::kStatus, status());
        }
    }

    bool got(const osc::Row& row) {
        serve();
        return std::any_of(received.begin(), received.end(), [&](const auto& m) { return m.row == &row; });
    }

    const osc::Message& last(const osc::Row& row) const {
        return *std::find_if(received.rbegin(), received.rend(),
                             [&](const auto& m) { return m.row == &row; });
    }

    void say(const osc::Row& row, const std::vector<osc::Value>& values) {
        socket_.send(osc::encode(row, values), port_);
    }

    std::vector<osc::Value> status() const {
        return {session_,
                std::string("listening"),
                std::string("all well"),
                mode,
                std::string("bars"),
                4.f,
                std::string(),
                std::string(),
                0,
                0,
                1234,
                std::string("model-1"),
                int64_t{0},
                0};
    }

    const std::string& session() const { return session_; }

    std::vector<osc::Message> received;
    std::string mode = "match";
    int hellosToLose = 0;

  private:
    UdpSocket socket_;
    std::string token_ = "t" + std::to_string(socket_.port());
    std::string session_;
    int port_ = 0;
};

bool connects(const Instance& instance, FakeDaemon& daemon) {
    return check::eventually(
        [&] {
            daemon.serve();
            return instance.link().snapshot()->link == LinkState::connected;
        },
        3000);
}

} // namespace

TEST(an_instance_says_hello_and_then_all_its_settings) {
    FakeDaemon daemon(check::freshRuntimeFolder());
    Instance instance;
    Choices choices;
    choices.words = "warm";
    choices.judge("ab", "pin");
    instance.setChoices(choices);
    instance.activate(48000);
    CHECK(connects(instance, daemon));
    const osc::Message& hello = daemon.last(osc::kHello);
    CHECK(hello.integer(3) == osc::kProtocol && std::filesystem::exists(hello.text(4)));
    CHECK(check::eventually([&] { return daemon.got(osc::kFeedback); }, 1000));
    for (const osc::Row* row : {&osc::kMode, &osc::kContext, &osc::kSlots, &osc::kWords, &osc::kFreeze})
        CHECK(daemon.got(*row));
    CHECK(daemon.last(osc::kWords).text(2) == "warm");
    CHECK(instance.link().snapshot()->sounds == 1234 && instance.link().snapshot()->model == "model-1");
}

TEST(a_list_in_parts_reaches_the_snapshot_and_the_next_ping_names_its_revision) {
    FakeDaemon daemon(check::freshRuntimeFolder());
    Instance instance;
    instance.activate(48000);
    CHECK(connects(instance, daemon));
    for (int part = 0; part < 2; ++part)
        daemon.say(osc::kSuggestions,
                   {daemon.session(), 7, part, 2, std::string("match"), std::string("kick"), part + 1,
                    std::string("id"), std::string("Kick"), std::string("Pack"), std::string("kick"), 0.9f, 0,
                    std::string("why"), std::string("/kick.wav")});
    CHECK(check::eventually([&] { return instance.link().snapshot()->list->rows.size() == 2; }, 1000));
    const auto pinged = [&] { return daemon.got(osc::kPing) && daemon.last(osc::kPing).integer(2) == 7; };
    CHECK(check::eventually(pinged, 2500));
}

TEST(a_daemon_that_falls_silent_is_gone_within_three_seconds_and_the_next_is_told_all_again) {
    const std::string folder = check::freshRuntimeFolder();
    Instance instance;
    {
        FakeDaemon daemon(folder);
        instance.activate(48000);
        CHECK(connects(instance, daemon));
    }
    const auto gone = [&] { return instance.link().snapshot()->link == LinkState::gone; };
    CHECK(check::eventually(gone, 3000));
    FakeDaemon next(folder);
    CHECK(connects(instance, next));
    CHECK(check::eventually([&] { return next.got(osc::kFreeze); }, 1000));
}

TEST(a_daemon_that_restarted_under_another_port_is_found_without_waiting_for_silence) {
    const std::string folder = check::freshRuntimeFolder();
    FakeDaemon first(folder);
    Instance instance;
    instance.activate(48000);
    CHECK(connects(instance, first));
    FakeDaemon second(folder);
    CHECK(check::eventually([&] { return second.got(osc::kHello); }, 1000));
}

namespace {

constexpr uint32_t kClipFrames = 480;

// What the daemon leaves in the runtime folder.
std::string leaveClip(const std::string& folder, const std::string& name) {
    const std::vector<float> samples(2 * kClipFrames, 0.5f);
    std::ofstream(folder + "/" + name, std::ios::binary)
        .write(reinterpret_cast<const char*>(samples.data()),
               static_cast<std::streamsize>(samples.size() * sizeof(float)));
    return name;
}

// How many frames of the next block are more than the bus alone.
size_t auditionedFrames(Instance& instance) {
    std::vector<float> left(512, 0.25f), right(512, 0.25f);
    float* planes[] = {left.data(), right.data()};
    instance.audition(planes, 512);
    return static_cast<size_t>(std::count(left.begin(), left.end(), 0.75f));
}

// An instance that has a daemon to ask for sounds.
struct Auditioned {
    const std::string folder = check::freshRuntimeFolder();
    std::unique_ptr<FakeDaemon> daemon = std::make_unique<FakeDaemon>(folder);
    Instance instance;

    Auditioned() {
        instance.activate(48000);
        CHECK(connects(instance, *daemon));
    }

    // Clicks, and returns the number of the wish that the daemon got.
    int32_t ask(const std::string& sound) {
        daemon->received.clear();
        instance.audition(sound);
        CHECK(check::eventually([&] { return daemon->got(osc::kAudition); }, 1000));
        CHECK(daemon->last(osc::kAudition).text(2) == sound);
        return daemon->last(osc::kAudition).integer(3);
    }

    std::string clipName() const { return daemon->session() + "-1.audio"; }
    bool clipIsThere() const { return std::filesystem::exists(folder + "/" + clipName()); }

    void answer(int32_t number, int rate = 48000) {
        daemon->say(osc::kAudio,
                    {daemon->session(), number, rate, leaveClip(folder, clipName()), std::string()});
    }

    void refuse(int32_t number, const std::string& trouble) {
        daemon->say(osc::kAudio, {daemon->session(), number, 0, std::string(), trouble});
    }

    Snapshot now() const { return *instance.link().snapshot(); }

    bool eventually(const std::function<bool(const Snapshot&)>& holds, int milliseconds = 1000) {
        return check::eventually(
            [&] {
                daemon->serve();
                return holds(now());
            },
            milliseconds);
    }

    bool plays() {
        return eventually([](const Snapshot& s) { return !s.auditioned.empty() && !s.auditionIsDue; });
    }
    bool isOver() {
        return eventually([](const Snapshot& s) { return s.auditioned.empty(); });
    }
};

} // namespace

TEST(a_sound_is_asked_for_heard_to_its_end_and_its_file_removed) {
    Auditioned a;
    const int32_t number = a.ask("ab");
    CHECK(a.now().auditioned == "ab" && a.now().auditionIsDue);
    CHECK(auditionedFrames(a.instance) == 0);
    a.answer(number);
    CHECK(a.plays() && a.now().auditioned == "ab" && !a.clipIsThere());
    CHECK(auditionedFrames(a.instance) == kClipFrames);
    CHECK(a.isOver());
}

TEST(what_is_ended_before_it_came_is_not_heard) {
    Auditioned a;
    const int32_t number = a.ask("ab");
    a.instance.audition("");
    CHECK(a.isOver());
    a.answer(number);
    CHECK(check::eventually([&] { return !a.clipIsThere(); }, 1000));
    CHECK(auditionedFrames(a.instance) == 0);
}

TEST(a_sound_that_cannot_be_heard_says_why_and_is_not_heard_later) {
    Auditioned a;
    const auto says = [&](const std::string& trouble) {
        return a.eventually(
            [&](const Snapshot& s) { return s.auditionTrouble.find(trouble) != std::string::npos; });
    };
    const int32_t refused = a.ask("ab");
    a.refuse(refused, "a.wav is gone");
    CHECK(says("a.wav is gone") && a.now().auditioned.empty() && a.now().trouble.empty());
    a.answer(refused);
    CHECK(check::eventually([&] { return !a.clipIsThere(); }, 1000));
    a.answer(a.ask("ab"), 44100);
    CHECK(says("The sample rate has changed"));
    a.daemon->say(osc::kAudio, {a.daemon->session(), a.ask("ab"), 48000, a.clipName(), std::string()});
    CHECK(says("stereo frames"));
    CHECK(auditionedFrames(a.instance) == 0);
}

TEST(the_answer_to_an_earlier_click_says_nothing_of_the_last) {
    Auditioned a;
    const int32_t earlier = a.ask("bad");
    const int32_t last = a.ask("good");
    a.refuse(earlier, "bad.wav is gone");
    a.answer(earlier);
    CHECK(check::eventually([&] { return !a.clipIsThere(); }, 1000));
    CHECK(a.now().auditionIsDue && a.now().auditionTrouble.empty());
    a.answer(last);
    CHECK(a.plays() && auditionedFrames(a.instance) == kClipFrames);
}

TEST(no_file_but_the_sessions_sounds_is_read_or_removed) {
    Auditioned a;
    std::filesystem::create_directory(a.folder + "/" + a.daemon->session() + "-below");
    const std::string session = a.daemon->session();
    for (const std::string& name :
         {session + "-below/1.audio", session + "-9.ring", std::string("precious")}) {
        const int32_t number = a.ask("ab");
        a.daemon->say(osc::kAudio,
                      {a.daemon->session(), number, 48000, leaveClip(a.folder, name), std::string("no")});
        CHECK(a.eventually([](const Snapshot& s) { return s.auditionTrouble == "no"; }));
        CHECK(std::filesystem::exists(a.folder + "/" + name) && auditionedFrames(a.instance) == 0);
    }
}

TEST(an_activation_ends_what_is_auditioned_and_what_is_due) {
    Auditioned a;
    a.answer(a.ask("ab"));
    CHECK(a.plays());
    a.instance.activate(48000);
    CHECK(auditionedFrames(a.instance) == 0);
    const int32_t due = a.ask("ab");
    a.instance.activate(48000);
    CHECK(a.isOver());
    a.answer(due);
    CHECK(check::eventually([&] { return !a.clipIsThere(); }, 1000));
    CHECK(auditionedFrames(a.instance) == 0);
}

TEST(a_sound_that_no_block_takes_does_not_wait_for_the_next) {
    Auditioned a;
    a.answer(a.ask("ab"));
    CHECK(a.plays());
    CHECK(a.eventually([](const Snapshot& s) { return s.auditionTrouble == "The host plays no audio now."; },
                       3000));
    CHECK(auditionedFrames(a.instance) == 0);
}

TEST(a_daemon_that_goes_leaves_no_sound_due) {
    Auditioned a;
    a.ask("ab");
    a.daemon.reset();
    CHECK(check::eventually([&] { return a.now().auditionTrouble == "The daemon has gone."; }, 4000));
    CHECK(a.now().auditioned.empty());
}

TEST(a_setting_that_the_daemon_lost_is_said_again_but_not_in_a_loop) {
    FakeDaemon daemon(check::freshRuntimeFolder());
    daemon.mode = "fit"; // what it claims, whatever it is told
    Instance instance;
    instance.activate(48000);
    CHECK(connects(instance, daemon));
    check::eventually([&] { return daemon.serve(), false; }, 2500);
    const auto times = std::count_if(daemon.received.begin(), daemon.received.end(),
                                     [](const auto& message) { return message.row == &osc::kMode; });
    CHECK(times >= 2 && times <= 5);
}

TEST(a_changed_sample_rate_tells_the_daemon_of_the_new_ring) {
    FakeDaemon daemon(check::freshRuntimeFolder());
    Instance instance;
    instance.activate(48000);
    CHECK(connects(instance, daemon));
    const std::string before = daemon.last(osc::kHello).text(4);
    instance.activate(44100);
    const auto told = [&] { return daemon.serve(), daemon.last(osc::kHello).text(4) != before; };
    CHECK(check::eventually(told, 1500));
    CHECK(std::filesystem::exists(daemon.last(osc::kHello).text(4)));
}

TEST(a_hello_that_is_lost_after_a_change_of_rings_is_said_again) {
    FakeDaemon daemon(check::freshRuntimeFolder());
    Instance instance;
    instance.activate(48000);
    CHECK(connects(instance, daemon));
    daemon.hellosToLose = 1;
    instance.activate(44100);
    const std::string ring = instance.recorder().ringPath();
    const auto told = [&] { return daemon.serve(), daemon.last(osc::kHello).text(4) == ring; };
    CHECK(check::eventually(told, 5000));
    daemon.received.clear();
    check::eventually([&] { return daemon.serve(), false; }, 2000);
    CHECK(std::count_if(daemon.received.begin(), daemon.received.end(),
                        [](const auto& message) { return message.row == &osc::kHello; }) <= 1);
}

TEST(a_pin_that_the_last_daemon_showed_is_told_to_the_next_behind_many_other_verdicts) {
    const std::string folder = check::freshRuntimeFolder();
    Instance instance;
    Choices choices;
    choices.judge("zz", "pin"); // behind what is said at once
    for (size_t i = 0; i < 2 * SettingsSync::kMaxVerdictsAtOnce; ++i)
        choices.judge("r" + std::to_string(1000 + i), "reject");
    instance.setChoices(choices);
    {
        FakeDaemon daemon(folder);
        instance.activate(48000);
        CHECK(connects(instance, daemon));
        daemon.say(osc::kSuggestions,
                   {daemon.session(), 7, 0, 1, std::string("match"), std::string("kick"), 1,
                    std::string("zz"), std::string("Kick"), std::string("Pack"), std::string("kick"), 0.9f, 1,
                    std::string("why"), std::string("/kick.wav")});
        CHECK(check::eventually([&] { return instance.link().snapshot()->list->rows.size() == 1; }, 1000));
    }
    const auto gone = [&] { return instance.link().snapshot()->link == LinkState::gone; };
    CHECK(check::eventually(gone, 3000));
    FakeDaemon next(folder);
    CHECK(connects(instance, next));
    const auto pinned = [&] {
        next.serve();
        return std::any_of(next.received.begin(), next.received.end(), [](const auto& message) {
            return message.row == &osc::kFeedback && message.text(2) == "zz" && message.text(3) == "pin";
        });
    };
    CHECK(check::eventually(pinned, 5000));
}

TEST(packets_of_another_session_change_nothing) {
    FakeDaemon daemon(check::freshRuntimeFolder());
    Instance instance;
    instance.activate(48000);
    CHECK(connects(instance, daemon));
    daemon.say(osc::kError, {std::string("someone"), std::string("/timbred/hello"), std::string("no")});
    daemon.say(osc::kError, {daemon.session(), std::string("/timbred/words"), std::string("too many words")});
    CHECK(check::eventually([&] { return instance.link().snapshot()->trouble == "too many words"; }, 1000));
    CHECK(instance.link().snapshot()->link == LinkState::connected);
}

TEST(a_daemon_of_another_protocol_is_named_in_one_sentence) {
    FakeDaemon daemon(check::freshRuntimeFolder(), osc::kProtocol + 1);
    Instance instance;
    instance.activate(48000);
    const auto refused = [&] { return instance.link().snapshot()->link == LinkState::refused; };
    CHECK(check::eventually(refused, 2000));
    CHECK(instance.link().snapshot()->trouble ==
          "The daemon speaks protocol 3, this plugin 2: update the older of the two.");
    CHECK(!daemon.got(osc::kHello));
}

TEST(a_broken_address_file_is_named_and_forgotten_when_it_is_gone) {
    const std::string folder = check::freshRuntimeFolder();
    std::ofstream(folder + "/daemon.json") << "{";
    Instance instance;
    instance.activate(48000);
    CHECK(check::eventually([&] { return !instance.link().snapshot()->trouble.empty(); }, 2000));
    std::filesystem::remove(folder + "/daemon.json");
    CHECK(check::eventually([&] { return instance.link().snapshot()->trouble.empty(); }, 2000));
}

TEST(a_folder_that_can_not_be_used_is_named_and_mended_without_a_new_activation) {
    const std::string folder = check::freshRuntimeFolder();
    std::ofstream(folder + "/file") << "in the way";
    setenv("TIMBRED_RUNTIME_DIR", (folder + "/file").c_str(), 1);
    Instance instance;
    instance.activate(48000);
    const auto named = [&] {
        return instance.link().snapshot()->ringTrouble.find("must be a folder") != std::string::npos;
    };
    CHECK(check::eventually(named, 1000));
    std::filesystem::remove(folder + "/file");
    CHECK(check::eventually([&] { return instance.link().snapshot()->ringTrouble.empty(); }, 4000));
    CHECK(!instance.recorder().ringPath().empty());
}

TEST(the_end_of_an_instance_says_bye_and_removes_its_ring) {
    const std::string folder = check::freshRuntimeFolder();
    FakeDaemon daemon(folder);
    {
        Instance instance;
        instance.activate(48000);
        CHECK(connects(instance, daemon));
    }
    CHECK(daemon.got(osc::kBye));
    std::filesystem::remove(folder + "/daemon.json");
    CHECK(std::filesystem::is_empty(folder));
}

TEST(thirty_two_instances_each_have_their_own_session_port_and_ring) {
    FakeDaemon daemon(check::freshRuntimeFolder());
    std::vector<std::unique_ptr<Instance>> instances;
    for (int i = 0; i < 32; ++i) {
        instances.push_back(std::make_unique<Instance>());
        instances.back()->activate(8000);
    }
    for (auto& instance : instances)
        CHECK(connects(*instance, daemon));
    std::vector<std::string> sessions, rings;
    std::vector<int> ports;
    for (const osc::Message& message : daemon.received)
        if (message.row == &osc::kHello) {
            sessions.push_back(message.text(1));
            ports.push_back(message.integer(2));
            rings.push_back(message.text(4));
        }
    const auto distinct = [](auto all) {
        std::sort(all.begin(), all.end());
        return std::unique(all.begin(), all.end()) - all.begin();
    };
    CHECK(distinct(sessions) == 32 && distinct(ports) == 32 && distinct(rings) == 32);
}
