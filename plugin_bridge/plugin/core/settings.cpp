#include "settings.hpp"

#include <algorithm>
#include <cmath>

namespace timbred {

Settings::Settings() {
    for (const ParameterRow& row : kParameters)
        parameters_[row.id].store(row.byDefault, std::memory_order_relaxed);
}

void Settings::setParameter(uint32_t id, float value) noexcept {
    if (id >= kParameterCount || !std::isfinite(value))
        return;
    const float whole = std::round(std::clamp(value, 0.f, kParameters[id].max));
    parameters_[id].store(whole, std::memory_order_relaxed);
}

float Settings::parameter(uint32_t id) const noexcept {
    return id < kParameterCount ? parameters_[id].load(std::memory_order_relaxed) : 0.f;
}

Choices Settings::choices() const {
    const std::lock_guard lock(mutex_);
    return choices_;
}

void Settings::setChoices(const Choices& choices) {
    const std::lock_guard lock(mutex_);
    choices_ = choices;
}

bool Settings::hold(const Choices& choices) const {
    const std::lock_guard lock(mutex_);
    return choices_ == choices;
}

SettingsValues Settings::values() const {
    const auto index = [this](ParameterId id) { return static_cast<size_t>(parameter(id)); };
    return {kModes[index(kParameterMode)], kContexts[index(kParameterContext)], index(kParameterFreeze) != 0,
            choices()};
}

} // namespace timbred
