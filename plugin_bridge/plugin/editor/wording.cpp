#include "wording.hpp"

#include "rejections.hpp"

#include <algorithm>

namespace timbred {

namespace {

constexpr char kStart[] = "Start it in a terminal: timbred serve";

Message ofState(const Snapshot& snapshot) {
    if (snapshot.state == "listening")
        return {"Listening", "The first list comes after a moment of music."};
    if (snapshot.state == "silent")
        return {"Silent", "The list comes back with the music."};
    if (snapshot.state == "empty")
        return {"The catalogue is empty", "Add your sounds in a terminal: timbred catalog add ~/Samples"};
    if (snapshot.state == "unavailable")
        return {"Not available", "The model for this mode is not installed."};
    if (snapshot.state == "frozen")
        return {"Frozen", "There was no list to hold yet; press Frozen to go on."};
    return {"Ready", "Press play: timbred listens to this bus."};
}

std::string modeLabel(const std::string& mode) { return mode == "fit" ? "Fit" : "Match"; }

} // namespace

std::string stateLabel(const Snapshot& snapshot) {
    if (!snapshot.ringTrouble.empty())
        return "can't listen";
    switch (snapshot.link) {
    case LinkState::searching:
        return "daemon not running";
    case LinkState::gone:
        return "daemon gone";
    case LinkState::refused:
        return "no connection";
    case LinkState::connected:
        break;
    }
    return snapshot.state;
}

std::string catalogueLabel(const Snapshot& snapshot) {
    if (snapshot.link != LinkState::connected)
        return snapshot.link == LinkState::refused ? "" : "timbred serve";
    const std::string sounds = grouped(snapshot.sounds) + (snapshot.sounds == 1 ? " sound" : " sounds");
    return snapshot.model.empty() ? sounds : sounds + "  ·  " + snapshot.model;
}

std::string instanceLabel(const Snapshot& snapshot) {
    const std::string port = snapshot.port ? "port " + std::to_string(snapshot.port) : "";
    return snapshot.daemonVersion.empty() ? port : port + "  ·  timbred " + snapshot.daemonVersion;
}

std::string troubleLabel(const Snapshot& snapshot, uint64_t unrecordedBlocks) {
    if (snapshot.ringTrouble.empty())
        return snapshot.trouble.empty() ? snapshot.auditionTrouble : snapshot.trouble;
    return snapshot.ringTrouble + " (" + std::to_string(unrecordedBlocks) + " blocks not heard)";
}

std::string slotLabel(const std::string& slot) {
    std::string label = slot;
    std::replace(label.begin(), label.end(), '_', ' ');
    return label;
}

Message messageOf(const Snapshot& snapshot) {
    if (!snapshot.ringTrouble.empty())
        return {"timbred can't listen to this bus; your audio is untouched", snapshot.ringTrouble};
    switch (snapshot.link) {
    case LinkState::searching:
        return {"The daemon is not running", kStart};
    case LinkState::gone:
        return {"The daemon has gone; your audio is untouched", kStart};
    case LinkState::refused:
        return {"No connection", snapshot.trouble};
    case LinkState::connected:
        break;
    }
    Message message = ofState(snapshot);
    if (!snapshot.detail.empty())
        message.sentence = snapshot.detail;
    return message;
}

std::string rejectedLabel(const Choices& choices) {
    const size_t count = rejectedCount(choices);
    return count ? grouped(static_cast<int>(count)) + " rejected, undo" : "";
}

std::string oldListLabel(const Snapshot& snapshot, const std::string& mode) {
    const std::string listed = modeLabel(snapshot.list->mode);
    const std::string wanted = modeLabel(mode);
    const bool unavailable = snapshot.state == "unavailable" || snapshot.state == "empty";
    if (listed == wanted)
        return unavailable ? "The last " + listed + " list: no newer one can be made." : "";
    const std::string still = "Still the " + listed + " list";
    if (snapshot.link != LinkState::connected)
        return still + "; " + wanted + " follows with the daemon.";
    if (unavailable)
        return still + "; " + wanted + " is not available.";
    if (snapshot.state == "frozen")
        return still + ", frozen; " + wanted + " follows when it is let go.";
    return still + "; " + wanted + " follows with the music.";
}

std::string grouped(int number) {
    std::string digits = std::to_string(number);
    for (int place = static_cast<int>(digits.size()) - 3; place > (number < 0 ? 1 : 0); place -= 3)
        digits.insert(static_cast<size_t>(place), ",");
    return digits;
}

} // namespace timbred
