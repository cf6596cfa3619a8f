#include "link.hpp"

#include "errors.hpp"

#include <algorithm>
#include <cassert>
#include <csignal>
#include <system_error>

#include <pthread.h>
#include <unistd.h>

namespace timbred {

namespace {

using std::chrono::milliseconds;

constexpr int kTickMilliseconds = 100; // how late a parameter that the host moved is told
constexpr int kMaxPacketsAtOnce = 256; // a flood must not keep the thread from its other work
constexpr milliseconds kLookEvery{500};
constexpr milliseconds kMendEvery{2000};
constexpr milliseconds kPingEvery{1000};
constexpr milliseconds kAuditionPatience{60000}; // an instrument is loaded before it plays
constexpr milliseconds kAuditionSlack{1000};
constexpr char kAuditionSuffix[] = ".audio";
constexpr milliseconds kTroubleStays{6000};

std::string hostName() {
    char path[4096];
    const ssize_t length = readlink("/proc/self/exe", path, sizeof path);
    const std::string whole(path, length > 0 ? static_cast<size_t>(length) : 0);
    return whole.substr(whole.rfind('/') + 1);
}

// The host's signals are the host's: none is delivered here.
void blockSignals() {
    sigset_t all;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, nullptr);
}

// Whether it is such a file's name, which the session's rings' are not.
bool isAuditionOf(const std::string& session, const std::string& name) {
    const std::string begin = session + "-";
    const size_t end = name.size() - std::min(name.size(), sizeof kAuditionSuffix - 1);
    return name.compare(0, begin.size(), begin) == 0 &&
           name.compare(end, std::string::npos, kAuditionSuffix) == 0 && name.find('/') == std::string::npos;
}

} // namespace

Link::Link(const SessionId& session, const std::string& folder, Recorder& recorder, const Settings& settings,
           Audition& audition)
    : session_(hex(session)), folder_(folder), recorder_(recorder), settings_(settings), audition_(audition) {
    try {
        socket_ = std::make_unique<UdpSocket>();
        now_.port = socket_->port();
    } catch (const PluginError& error) {
        now_.trouble = error.what();
        publish();
    }
}

void Link::start() {
    if (thread_.joinable() || !socket_)
        return;
    stopping_ = false;
    try {
        thread_ = std::thread([this] { run(); });
    } catch (const std::system_error& error) {
        now_.trouble = std::string("no thread for the link to the daemon: ") + error.what();
        publish();
    }
}

void Link::stop() {
    if (!thread_.joinable())
        return;
    stopping_ = true;
    socket_->wake();
    thread_.join();
}

void Link::wake() noexcept {
    if (socket_)
        socket_->wake();
}

void Link::audition(const std::string& sound) {
    {
        const std::lock_guard lock(mutex_);
        wish_ = {sound, wish_.number + 1};
    }
    wake();
}

std::shared_ptr<const Snapshot> Link::snapshot() const {
    const std::lock_guard lock(mutex_);
    return published_;
}

void Link::run() {
    blockSignals();
    pthread_setname_np(pthread_self(), "timbred-link");
    linkThread_ = std::this_thread::get_id();
    while (!stopping_) {
        const Clock::time_point now = Clock::now();
        followWish(now); // first: what the user has just ended is not taken
        receiveAll(now);
        look(now);
        keepUp(now);
        publish();
        socket_->wait(kTickMilliseconds);
    }
    if (address_)
        send(osc::kBye, {});
}

void Link::receiveAll(Clock::time_point now) {
    char packet[osc::kMaxPacketBytes + 1];
    for (int i = 0; i < kMaxPacketsAtOnce; ++i) {
        const size_t bytes = socket_->receive(packet);
        if (bytes == 0)
            return;
        const auto message = osc::decode(packet, bytes);
        if (message && message->values[0] == osc::Value(session_)) // who knows it may read our folder
            take(*message, now);
    }
}

void Link::take(const osc::Message& message, Clock::time_point now) {
    assert(onLinkThread());
    if (!address_)
        return; // nobody was said hello to
    if (message.row == &osc::kError)
        return takeError(message);
    if (message.row == &osc::kWelcome)
        takeWelcome(message);
    else if (now_.link != LinkState::connected)
        return; // of a session that is over
    else if (message.row == &osc::kStatus)
        takeStatus(message, now);
    else if (message.row == &osc::kSuggestions)
        takeSuggestions(message);
    else if (message.row == &osc::kAudio)
        takeAudio(message, now);
    lastAnswer_ = now;
}

void Link::takeWelcome(const osc::Message& message) {
    now_.daemonVersion = message.text(2);
    now_.sounds = message.integer(3);
    now_.model = message.text(4);
    now_.state = "waiting";
    now_.detail.clear();
    now_.trouble.clear();
    now_.link = LinkState::connected;
    welcomedRing_ = helloRing_;
    assembler_.restart();
    sync_.restart();
    nextPing_ = {};
}

void Link::takeStatus(const osc::Message& message, Clock::time_point now) {
    now_.state = message.text(1);
    now_.detail = message.text(2);
    now_.sounds = message.integer(10);
    now_.model = message.text(11);
    now_.trouble.clear();
    if (now < nextEcho_)
        return;
    nextEcho_ = now + kPingEvery;
    sync_.hear(message);
    if (assembler_.list().revision != 0) // else the rows in sight are an earlier daemon's
        sync_.hear(*now_.list);
}

void Link::takeSuggestions(const osc::Message& message) {
    if (assembler_.take(message))
        now_.list = std::make_shared<SuggestionList>(assembler_.list());
}

void Link::takeAudio(const osc::Message& message, Clock::time_point now) {
    const std::string& name = message.text(3);
    const std::string path = folder_ + "/" + name;
    const bool isOurs = isAuditionOf(session_, name);
    if (message.integer(1) != followed_.number || !now_.auditionIsDue) {
        if (isOurs)
            unlink(path.c_str()); // another was asked for since, or none
        return;
    }
    if (!isOurs)
        return endAudition(message.text(4));
    try {
        Clip clip = Clip::take(path);
        const auto rate = static_cast<uint32_t>(message.integer(2));
        if (rate == 0 || rate != recorder_.sampleRate())
            return endAudition("The sample rate has changed meanwhile: click again.");
        auditionUntil_ = now + milliseconds(uint64_t{1000} * clip.frames() / rate) + kAuditionSlack;
        audition_.play(std::move(clip), auditionEpoch_);
        now_.auditionIsDue = false;
    } catch (const std::exception& error) { // memory may be short, too
        endAudition(error.what());
    }
}

void Link::takeError(const osc::Message& message) {
    now_.trouble = message.text(2);
    if (message.text(1) == osc::kHello.address)
        now_.link = LinkState::refused;
    else if (message.text(1) == osc::kPing.address)
        lose(); // the daemon has forgotten this session
}

void Link::look(Clock::time_point now) {
    if (now >= nextMend_) {
        recorder_.mend();
        nextMend_ = now + kMendEvery;
    }
    if (now < nextLook_)
        return;
    nextLook_ = now + kLookEvery;
    try {
        const auto found = readDaemonAddress(folder_);
        if (now_.link != LinkState::connected && now_.link != LinkState::refused)
            now_.trouble.clear();
        if (found)
            follow(*found);
        else if (now_.link == LinkState::refused)
            lose();
    } catch (const PluginError& error) {
        now_.trouble = error.what();
    }
}

void Link::follow(const DaemonAddress& address) {
    if (address.protocol != osc::kProtocol) {
        now_.link = LinkState::refused;
        now_.trouble = "The daemon speaks protocol " + std::to_string(address.protocol) + ", this plugin " +
                       std::to_string(osc::kProtocol) + ": update the older of the two.";
        return;
    }
    const bool known = address_ && *address_ == address;
    if (!known)
        welcomedRing_.clear();
    address_ = address;
    if (now_.link != LinkState::connected || recorder_.ringPath() != welcomedRing_)
        sayHello();
}

void Link::sayHello() {
    helloRing_ = recorder_.ringPath();
    if (!helloRing_.empty())
        send(osc::kHello, {static_cast<int32_t>(socket_->port()), osc::kProtocol, helloRing_, hostName(),
                           std::string(TIMBRED_VERSION)});
}

void Link::keepUp(Clock::time_point now) {
    if (now_.link != LinkState::connected)
        return;
    if (now - lastAnswer_ > kPatience)
        return lose();
    sayDue();
    if (now < nextPing_)
        return;
    nextPing_ = now + kPingEvery;
    send(osc::kPing, {static_cast<int32_t>(assembler_.list().revision)});
}

void Link::lose() {
    if (now_.auditionIsDue)
        endAudition("The daemon has gone.");
    now_.link = LinkState::gone;
    now_.state.clear();
    now_.detail.clear();
    now_.trouble.clear();
}

void Link::sayDue() {
    for (const SettingsSync::Due& due : sync_.due(settings_.values()))
        send(*due.row, due.values);
}

void Link::followWish(Clock::time_point now) {
    Wish wish;
    {
        const std::lock_guard lock(mutex_);
        wish = wish_;
    }
    if (wish.number != followed_.number) {
        followed_ = wish;
        endAudition("");
        if (!wish.sound.empty())
            beginAudition(now);
    }
    const bool isPlaying = audition_.isPlaying();
    const bool isLate = now > auditionUntil_;
    if (now_.auditionIsDue && auditionEpoch_ != audition_.epoch())
        endAudition("");
    else if (now_.auditionIsDue && isLate)
        endAudition("The daemon made no sound of it within 60 s.");
    else if (isPlaying && isLate)
        endAudition("The host plays no audio now.");
    else if (!now_.auditionIsDue && !isPlaying)
        now_.auditioned.clear();
    if (now > auditionTroubleUntil_)
        now_.auditionTrouble.clear();
}

void Link::beginAudition(Clock::time_point now) {
    if (now_.link != LinkState::connected)
        return endAudition("To hear it, start the daemon: timbred serve");
    now_.auditioned = followed_.sound;
    now_.auditionIsDue = true;
    auditionEpoch_ = audition_.epoch();
    auditionUntil_ = now + kAuditionPatience;
    send(osc::kAudition, {followed_.sound, followed_.number});
}

// What is heard, or about to be, goes.
void Link::endAudition(const std::string& trouble) {
    audition_.stop();
    now_.auditioned.clear();
    now_.auditionIsDue = false;
    now_.auditionTrouble = trouble;
    auditionTroubleUntil_ = Clock::now() + kTroubleStays;
}

// Every message to the daemon begins with the token, and all of ours with the session.
void Link::send(const osc::Row& row, const std::vector<osc::Value>& values) {
    assert(onLinkThread());
    std::vector<osc::Value> all{address_->token, session_};
    all.insert(all.end(), values.begin(), values.end());
    try {
        socket_->send(osc::encode(row, all), address_->port);
    } catch (const PluginError& error) {
        now_.trouble = error.what();
    }
}

void Link::publish() {
    auto next = std::make_shared<Snapshot>(now_);
    next->ringTrouble = recorder_.trouble();
    const std::lock_guard lock(mutex_);
    if (!(*next == *published_))
        published_ = std::move(next);
}

} // namespace timbred
