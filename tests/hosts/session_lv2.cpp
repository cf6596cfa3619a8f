// A minimal LV2 host that edits the plugin as its editor does, and counts how often it is told of it.
//
//   session_lv2 TIMBRED.so           prints JSON: state:StateChanged events by what had gone before
//   session_lv2 TIMBRED.so editor    shows the editor, restores a state at a line of input, and goes on until
//                                    its input ends
#include "session_window.hpp"

#include <lv2/atom/atom.h>
#include <lv2/atom/util.h>
#include <lv2/buf-size/buf-size.h>
#include <lv2/core/lv2.h>
#include <lv2/data-access/data-access.h>
#include <lv2/instance-access/instance-access.h>
#include <lv2/options/options.h>
#include <lv2/parameters/parameters.h>
#include <lv2/state/state.h>
#include <lv2/ui/ui.h>
#include <lv2/urid/urid.h>
#include <lv2/worker/worker.h>

#include <cstring>
#include <iostream>
#include <map>
#include <string>
#include <vector>

#include <dlfcn.h>

namespace {

constexpr uint32_t kFrames = 512, kControls = 3;

LV2_URID map(LV2_URID_Map_Handle, const char* uri) {
    static std::map<std::string, LV2_URID> uris;
    return uris.emplace(uri, static_cast<LV2_URID>(uris.size() + 1)).first->second;
}

const void* retrieve(LV2_State_Handle, uint32_t key, size_t* size, uint32_t* type, uint32_t* flags) {
    static const char choices[] = "timbred-choices 1\nwords warm\n";
    if (key != map(nullptr, "urn:distrho:choices"))
        return nullptr;
    *size = sizeof choices;
    *type = map(nullptr, LV2_ATOM__String);
    *flags = LV2_STATE_IS_POD | LV2_STATE_IS_PORTABLE;
    return choices;
}

class Host {
  public:
    explicit Host(const char* path) {
        library_ = dlopen(path, RTLD_NOW | RTLD_LOCAL);
        if (!library_)
            fail(dlerror());
        const auto describe = reinterpret_cast<LV2_Descriptor_Function>(dlsym(library_, "lv2_descriptor"));
        descriptor_ = describe(0);
        bundle_ = std::string(path).substr(0, std::string(path).rfind('/') + 1);
        const LV2_Feature mapping{LV2_URID__map, &map_}, worker{LV2_WORKER__schedule, &schedule_};
        const LV2_Feature bounded{LV2_BUF_SIZE__boundedBlockLength, nullptr};
        const LV2_Feature opts{LV2_OPTIONS__options, options_};
        const LV2_Feature* features[] = {&mapping, &worker, &bounded, &opts, nullptr};
        handle_ = descriptor_->instantiate(descriptor_, rate_, bundle_.c_str(), features);
        if (!handle_)
            fail("the plugin can't be made");
        connect();
        descriptor_->activate(handle_);
    }

    ~Host() {
        descriptor_->deactivate(handle_);
        descriptor_->cleanup(handle_);
    }

    void restore() {
        const auto* state =
            static_cast<const LV2_State_Interface*>(descriptor_->extension_data(LV2_STATE__interface));
        state->restore(handle_, retrieve, nullptr, 0, nullptr);
    }

    // What DPF's editor writes to the plugin's port when it sets a state.
    void edit() {
        static const char pair[] = "edited\0001";
        auto* event = reinterpret_cast<LV2_Atom_Event*>(in_.data() + 2);
        event->time.frames = 0;
        event->body.type = map(nullptr, "urn:distrho:KeyValueState");
        event->body.size = sizeof pair;
        std::memcpy(event + 1, pair, sizeof pair);
        sequence(in_)->atom.size += lv2_atom_pad_size(sizeof(LV2_Atom_Event) + sizeof pair);
    }

    // One block, and then what the worker was asked to do; counts the events in `bytes` of room.
    int changes(size_t bytes = 2048) {
        sequence(out_)->atom = {static_cast<uint32_t>(bytes - sizeof(LV2_Atom)),
                                map(nullptr, LV2_ATOM__Chunk)};
        descriptor_->run(handle_, kFrames);
        sequence(in_)->atom.size = sizeof(LV2_Atom_Sequence_Body);
        const auto* worker =
            static_cast<const LV2_Worker_Interface*>(descriptor_->extension_data(LV2_WORKER__interface));
        for (const std::vector<char>& job : jobs_)
            worker->work(handle_, nullptr, nullptr, static_cast<uint32_t>(job.size()), job.data());
        jobs_.clear();
        int count = 0;
        LV2_ATOM_SEQUENCE_FOREACH(sequence(out_), event) {
            const auto* object = reinterpret_cast<const LV2_Atom_Object*>(&event->body);
            count += event->body.type == map(nullptr, LV2_ATOM__Object) &&
                     object->body.otype == map(nullptr, LV2_STATE__StateChanged);
        }
        return count;
    }

    void showEditor() {
        EditorWindow window;
        window.show(520, 680);
        const auto describe = reinterpret_cast<LV2UI_DescriptorFunction>(dlsym(library_, "lv2ui_descriptor"));
        const LV2UI_Descriptor* ui = describe(0);
        LV2_Extension_Data_Feature access{descriptor_->extension_data};
        const LV2_Feature mapping{LV2_URID__map, &map_}, data{LV2_DATA_ACCESS_URI, &access};
        const LV2_Feature instance{LV2_INSTANCE_ACCESS_URI, handle_};
        const LV2_Feature parent{LV2_UI__parent, reinterpret_cast<void*>(window.id())};
        const LV2_Feature opts{LV2_OPTIONS__options, options_};
        const LV2_Feature* features[] = {&mapping, &data, &instance, &parent, &opts, nullptr};
        LV2UI_Widget widget;
        const auto ignore = [](LV2UI_Controller, uint32_t, uint32_t, uint32_t, const void*) {};
        LV2UI_Handle editor =
            ui->instantiate(ui, "urn:timbred:plugin", bundle_.c_str(), ignore, nullptr, &widget, features);
        if (!editor)
            fail("there is no editor");
        const auto* idle =
            static_cast<const LV2UI_Idle_Interface*>(ui->extension_data(LV2_UI__idleInterface));
        std::cout << "ready" << std::endl;
        while (!inputEnds())
            idle->idle(editor);
        if (std::string line; std::getline(std::cin, line))
            restore();
        while (!inputEnds())
            idle->idle(editor);
        ui->cleanup(editor);
    }

  private:
    using Port = std::vector<uint64_t>;

    static LV2_Atom_Sequence* sequence(Port& port) {
        return reinterpret_cast<LV2_Atom_Sequence*>(port.data());
    }

    void connect() {
        sequence(in_)->atom = {sizeof(LV2_Atom_Sequence_Body), map(nullptr, LV2_ATOM__Sequence)};
        for (uint32_t i = 0; i < 4; ++i)
            descriptor_->connect_port(handle_, i, audio_[i]);
        descriptor_->connect_port(handle_, 4, in_.data());
        descriptor_->connect_port(handle_, 5, out_.data());
        for (uint32_t i = 0; i < kControls; ++i)
            descriptor_->connect_port(handle_, 6 + i, &controls_[i]);
    }

    static LV2_Options_Option option(const char* key, const char* type, const void* value) {
        return {LV2_OPTIONS_INSTANCE, 0, map(nullptr, key), 4, map(nullptr, type), value};
    }

    static LV2_Worker_Status schedule(LV2_Worker_Schedule_Handle self, uint32_t bytes, const void* data) {
        const char* begin = static_cast<const char*>(data);
        static_cast<Host*>(self)->jobs_.emplace_back(begin, begin + bytes);
        return LV2_WORKER_SUCCESS;
    }

    void* library_ = nullptr;
    std::string bundle_;
    const float rate_ = 48000.f;
    LV2_Options_Option options_[3] = {option(LV2_BUF_SIZE__maxBlockLength, LV2_ATOM__Int, &kFrames),
                                      option(LV2_PARAMETERS__sampleRate, LV2_ATOM__Float, &rate_),
                                      {LV2_OPTIONS_INSTANCE, 0, 0, 0, 0, nullptr}};
    LV2_URID_Map map_{nullptr, map};
    LV2_Worker_Schedule schedule_{this, schedule};
    const LV2_Descriptor* descriptor_ = nullptr;
    LV2_Handle handle_ = nullptr;
    float audio_[4][kFrames] = {};
    float controls_[kControls] = {};
    Port in_ = Port(256), out_ = Port(256);
    std::vector<std::vector<char>> jobs_;
};

} // namespace

int main(int count, char** words) {
    if (count < 2)
        return 2;
    Host host(words[1]);
    if (count > 2) {
        host.showEditor();
        return 0;
    }
    host.restore();
    const int restored = host.changes();
    host.edit();
    const int before = host.changes();
    const int full = host.changes(sizeof(LV2_Atom_Sequence));
    const int edited = host.changes();
    const int later = host.changes();
    std::printf(
        "{\"restored\": %d, \"before_the_worker\": %d, \"no_room\": %d, \"edited\": %d, \"later\": %d}\n",
        restored, before, full, edited, later);
}
