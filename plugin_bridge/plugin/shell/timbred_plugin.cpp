#include "timbred_plugin.hpp"

#include "host_transport.hpp"

#include <cmath>
#include <cstring>

START_NAMESPACE_DISTRHO

namespace {

// Labels for a parameter's whole values; DPF takes the array over.
template <typename Label> void nameValues(Parameter& parameter, uint8_t count, Label label) {
    auto* values = new ParameterEnumerationValue[count];
    for (uint8_t i = 0; i < count; ++i)
        values[i] = ParameterEnumerationValue(i, label(i));
    parameter.enumValues.count = count;
    parameter.enumValues.restrictedMode = true;
    parameter.enumValues.values = values;
}

const char* modeLabel(uint8_t index) { return index == 0 ? "Match" : "Fit"; }
const char* contextLabel(uint8_t index) { return timbred::kContexts[index].label; }

} // namespace

TimbredPlugin::TimbredPlugin() : Plugin(timbred::kParameterCount, 0, 2) {
    if (!isDummyInstance())
        instance_ = std::make_shared<timbred::Instance>();
}

const char* TimbredPlugin::getDescription() const {
    return "Listens to the master bus and ranks the sounds on your own disk that match or fit the music.";
}

void TimbredPlugin::initParameter(uint32_t index, Parameter& parameter) {
    const timbred::ParameterRow& row = timbred::kParameters[index];
    parameter.hints = kParameterIsAutomatable | kParameterIsInteger;
    if (row.id == timbred::kParameterFreeze)
        parameter.hints |= kParameterIsBoolean;
    parameter.name = row.name;
    parameter.symbol = row.symbol;
    parameter.description = row.description;
    parameter.ranges = ParameterRanges(row.byDefault, 0.f, row.max);
    if (row.id == timbred::kParameterMode)
        nameValues(parameter, 2, modeLabel);
    if (row.id == timbred::kParameterContext)
        nameValues(parameter, timbred::kContextCount, contextLabel);
}

void TimbredPlugin::initState(uint32_t index, State& state) {
    state.key = index == 0 ? kChoicesKey : kEditedKey;
    // The editor reads the instance. DPF would tell it from the LV2's audio thread, and where the text is too
    // long for the port, print so there in every block.
    state.hints = kStateIsOnlyForDSP;
    state.label = index == 0 ? "Choices" : "Edits";
    state.defaultValue = index == 0 ? timbred::encodeChoices({}).c_str() : "0";
}

String TimbredPlugin::getState(const char* key) const {
    if (!instance_ || std::strcmp(key, kChoicesKey) != 0)
        return String("0");
    return String(timbred::encodeChoices(instance_->settings().choices()).c_str());
}

void TimbredPlugin::setState(const char* key, const char* value) {
    if (instance_ && std::strcmp(key, kChoicesKey) == 0)
        instance_->setChoices(timbred::decodeChoices(value));
}

void TimbredPlugin::activate() {
    if (instance_)
        instance_->activate(static_cast<uint32_t>(std::lround(getSampleRate())));
}

float TimbredPlugin::getParameterValue(uint32_t index) const {
    return instance_ ? instance_->settings().parameter(index) : timbred::kParameters[index].byDefault;
}

void TimbredPlugin::setParameterValue(uint32_t index, float value) {
    if (instance_)
        instance_->settings().setParameter(index, value);
}

void TimbredPlugin::run(const float** inputs, float** outputs, uint32_t frames) {
    if (instance_)
        instance_->record(inputs, frames, timbred::transportOf(getTimePosition()));
    for (uint32_t channel = 0; channel < DISTRHO_PLUGIN_NUM_OUTPUTS; ++channel)
        if (outputs[channel] != inputs[channel])
            std::memmove(outputs[channel], inputs[channel], frames * sizeof(float));
    if (instance_)
        instance_->audition(outputs, frames);
}

Plugin* createPlugin() { return new TimbredPlugin(); }

END_NAMESPACE_DISTRHO
