// The link to the daemon: its own thread, since most hosts run no timer while the editor is closed.
//
// It looks for the daemon twice a second, says hello, tells it every setting, pings it, and puts its
// answers into snapshots that the editor reads. A daemon that goes and comes back is told all again.
#pragma once

#include "audition.hpp"
#include "daemon_address.hpp"
#include "recorder.hpp"
#include "settings_sync.hpp"
#include "udp_socket.hpp"

#include <chrono>
#include <thread>

namespace timbred {

enum class LinkState {
    searching, // no daemon has answered yet
    connected,
    gone,    // one answered before
    refused, // there is one, but it and this plugin can't talk; see trouble
};

// All that the editor shows of the daemon, as it was at one time.
struct Snapshot {
    LinkState link = LinkState::searching;
    std::string trouble;     // one sentence about the daemon; mostly empty
    std::string ringTrouble; // why this bus can't be heard; mostly empty
    int port = 0;            // this instance's own
    std::string daemonVersion;
    std::string state; // as in /timbred/status
    std::string detail;
    int sounds = 0;
    std::string model;
    std::string auditioned;      // the sound that is heard, or about to be; mostly empty
    bool auditionIsDue = false;  // the daemon is making it
    std::string auditionTrouble; // why the last one can't be heard; mostly empty
    std::shared_ptr<const SuggestionList> list = std::make_shared<SuggestionList>();

    bool operator==(const Snapshot& other) const {
        return link == other.link && trouble == other.trouble && ringTrouble == other.ringTrouble &&
               port == other.port && daemonVersion == other.daemonVersion && state == other.state &&
               detail == other.detail && sounds == other.sounds && model == other.model &&
               auditioned == other.auditioned && auditionIsDue == other.auditionIsDue &&
               auditionTrouble == other.auditionTrouble && list == other.list;
    }
};

class Link {
  public:
    // Time without an answer after which the daemon counts as gone.
    static constexpr std::chrono::milliseconds kPatience{2500};

    Link(const SessionId& session, const std::string& folder, Recorder& recorder, const Settings& settings,
         Audition& audition);
    ~Link() { stop(); }

    // [main-thread] Starts the thread; the second call does nothing. What stands in its way, a missing
    // port or thread, is in the snapshot.
    void start();

    // [main-thread] Says bye and joins the thread.
    void stop();

    // [main-thread, ui-thread] A setting was changed: tell the daemon now, not at the next tick.
    void wake() noexcept;

    // [ui-thread] Has a sound of the list heard over the bus, in place of another; none where it is empty.
    void audition(const std::string& sound);

    // [ui-thread] Never null, and another one only where something changed.
    std::shared_ptr<const Snapshot> snapshot() const;

  private:
    using Clock = std::chrono::steady_clock;

    // What the user wants to hear; the number tells one click from the next.
    struct Wish {
        std::string sound;
        int32_t number = 0;
    };

    // All of the following runs on the link thread.
    void run();
    void receiveAll(Clock::time_point now);
    void take(const osc::Message& message, Clock::time_point now);
    void takeWelcome(const osc::Message& message);
    void takeStatus(const osc::Message& message, Clock::time_point now);
    void takeSuggestions(const osc::Message& message);
    void takeError(const osc::Message& message);
    void takeAudio(const osc::Message& message, Clock::time_point now);
    void look(Clock::time_point now);
    void follow(const DaemonAddress& address);
    void sayHello();
    void keepUp(Clock::time_point now);
    void lose();
    void sayDue();
    void followWish(Clock::time_point now);
    void beginAudition(Clock::time_point now);
    void endAudition(const std::string& trouble);
    void send(const osc::Row& row, const std::vector<osc::Value>& values);
    void publish();

    const std::string session_;
    const std::string folder_;
    Recorder& recorder_;
    const Settings& settings_;
    Audition& audition_;
    std::unique_ptr<UdpSocket> socket_; // null where no port could be bound
    std::thread thread_;
    std::atomic<bool> stopping_{false};

    bool onLinkThread() const noexcept { return std::this_thread::get_id() == linkThread_; }

    // The link thread's own.
    std::thread::id linkThread_;
    std::optional<DaemonAddress> address_;
    std::string helloRing_;    // the ring that the last hello told of
    std::string welcomedRing_; // the one that the daemon has answered for
    SettingsSync sync_;
    ListAssembler assembler_;
    Snapshot now_;
    Clock::time_point lastAnswer_{};
    Clock::time_point nextLook_{};
    Clock::time_point nextMend_{};
    Clock::time_point nextPing_{};
    Clock::time_point nextEcho_{}; // echoes before are not heard: a refused setting is not said in a loop

    Wish followed_;                     // the one that was asked for last
    uint32_t auditionEpoch_ = 0;        // in which it was
    Clock::time_point auditionUntil_{}; // when it must have come, then when it must have been heard
    Clock::time_point auditionTroubleUntil_{};

    mutable std::mutex mutex_; // guards what follows, between this thread and the editor's
    Wish wish_;
    std::shared_ptr<const Snapshot> published_ = std::make_shared<Snapshot>();
};

} // namespace timbred
