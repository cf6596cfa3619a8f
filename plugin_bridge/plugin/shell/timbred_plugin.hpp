// The plugin as DPF sees it: the host's calls handed to one timbred::Instance.
#pragma once

#include "../core/instance.hpp"
#include "DistrhoPlugin.hpp"

START_NAMESPACE_DISTRHO

class TimbredPlugin : public Plugin {
  public:
    static constexpr const char* kChoicesKey = "choices";
    static constexpr const char* kEditedKey = "edited"; // counts edits, so that the host sees one

    TimbredPlugin();

    // [ui-thread] Null in the instances that DPF makes only to read the plugin's description.
    const std::shared_ptr<timbred::Instance>& instance() noexcept { return instance_; }

  protected:
    // [main-thread]
    const char* getLabel() const override { return "timbred"; }
    const char* getDescription() const override;
    const char* getMaker() const override { return "timbred"; }
    const char* getLicense() const override { return "GPL-3.0-or-later"; }
    uint32_t getVersion() const override { return d_version(0, 1, 0); }
    int64_t getUniqueId() const override { return d_cconst('T', 'm', 'b', 'r'); }
    void initParameter(uint32_t index, Parameter& parameter) override;
    void initState(uint32_t index, State& state) override;
    String getState(const char* key) const override;
    void setState(const char* key, const char* value) override;
    void activate() override;

    // [any-thread]
    float getParameterValue(uint32_t index) const override;
    void setParameterValue(uint32_t index, float value) override;

    // [audio-thread]
    void run(const float** inputs, float** outputs, uint32_t frames) override;

  private:
    std::shared_ptr<timbred::Instance> instance_; // shared, so that an editor can tell that it is gone

    DISTRHO_DECLARE_NON_COPYABLE_WITH_LEAK_DETECTOR(TimbredPlugin)
};

END_NAMESPACE_DISTRHO
