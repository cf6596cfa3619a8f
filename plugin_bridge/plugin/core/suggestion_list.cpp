#include "suggestion_list.hpp"

#include <cstring>

namespace timbred {

namespace {

// Places of the fixed arguments in the row of wire.h.
enum { kSession, kRevision, kPart, kParts, kMode, kFirstGroup };

Suggestion suggestionAt(const osc::Message& message, size_t place) {
    Suggestion row;
    row.slot = message.text(place);
    row.rank = message.integer(place + 1);
    row.sound = message.text(place + 2);
    row.name = message.text(place + 3);
    row.pack = message.text(place + 4);
    row.role = message.text(place + 5);
    row.score = message.number(place + 6);
    row.pinned = message.integer(place + 7) != 0;
    row.why = message.text(place + 8);
    row.path = message.text(place + 9);
    return row;
}

std::vector<Suggestion> rowsOf(const osc::Message& message) {
    std::vector<Suggestion> rows;
    const size_t step = std::strlen(message.row->repeat);
    for (size_t place = kFirstGroup; place + step <= message.values.size(); place += step)
        rows.push_back(suggestionAt(message, place));
    return rows;
}

} // namespace

bool ListAssembler::take(const osc::Message& message) {
    const int revision = message.integer(kRevision);
    const int part = message.integer(kPart);
    const int parts = message.integer(kParts);
    if (parts < 1 || parts > kMaxParts || part < 0 || part >= parts)
        return false;
    if (revision < 1 || revision < revision_) // a straggler of an older list
        return false;
    if (revision != revision_ || parts != parts_)
        received_.clear();
    revision_ = revision;
    parts_ = parts;
    mode_ = message.text(kMode);
    received_[part] = rowsOf(message);
    if (static_cast<int>(received_.size()) < parts_)
        return false;
    finish();
    return true;
}

void ListAssembler::finish() {
    list_ = {revision_, mode_, {}};
    for (auto& [part, rows] : received_)
        list_.rows.insert(list_.rows.end(), rows.begin(), rows.end());
    received_.clear();
    parts_ = 0;
}

void ListAssembler::restart() {
    received_.clear();
    revision_ = 0;
    parts_ = 0;
    list_.revision = 0;
}

} // namespace timbred
