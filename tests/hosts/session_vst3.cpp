// A minimal VST3 host that does as it is told on standard input, one line each, answered by one line.
//
//   session_vst3 TIMBRED.so            play NUMERATOR DENOMINATOR QUARTERS [BAR]   one block, "ok"
//                                      restart TIMES    processing stopped, started and run on a thread of
//                                                       its own; says how often a mutex was locked there
//                                      state FILE BYTES    gives the state in FILE in pieces of so many
//                                                          bytes and takes it back into FILE so; "ok"
//   session_vst3 TIMBRED.so editor [playing]
//                                      shows the editor until its input ends, and plays silence or nothing;
//                                      says "dirty" when it is told so, "sound" and "silence" when these
//                                      begin
#include "session_window.hpp"

#include "travesty/audio_processor.h"
#include "travesty/bstream.h"
#include "travesty/component.h"
#include "travesty/edit_controller.h"
#include "travesty/factory.h"
#include "travesty/host.h"
#include "travesty/message.h"
#include "travesty/view.h"

#include <algorithm>
#include <cstring>
#include <fstream>
#include <iostream>
#include <iterator>
#include <map>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

#include <dlfcn.h>
#include <pthread.h>

namespace {

thread_local bool counting = false;
int locks = 0;

} // namespace

extern "C" int pthread_mutex_lock(pthread_mutex_t* mutex) noexcept {
    static const auto original =
        reinterpret_cast<int (*)(pthread_mutex_t*)>(dlsym(RTLD_NEXT, "pthread_mutex_lock"));
    locks += counting;
    return original(mutex);
}

namespace {

uint32_t keep(void*) { return 1; } // the host's own objects outlive the plugin

v3_result nothingElse(void*, const v3_tuid, void** object) {
    *object = nullptr;
    return V3_NO_INTERFACE;
}

// What the plugin tells its controller: attributes by name, numbers and texts.
struct Attributes {
    const v3_attribute_list_cpp* table;
    std::map<std::string, int64_t> integers;
    std::map<std::string, double> numbers;
    std::map<std::string, std::vector<int16_t>> texts;
};

template <typename Map, typename Value> v3_result found(const Map& map, const char* id, Value* value) {
    const auto entry = map.find(id);
    if (entry == map.end())
        return V3_INVALID_ARG;
    *value = entry->second;
    return V3_OK;
}

Attributes& attributes(void* self) { return *static_cast<Attributes*>(self); }

v3_attribute_list_cpp attributeTable() {
    v3_attribute_list_cpp table{};
    static_cast<v3_funknown&>(table) = {nothingElse, keep, keep};
    table.attrlist.set_int = [](void* self, const char* id, int64_t value) -> v3_result {
        attributes(self).integers[id] = value;
        return V3_OK;
    };
    table.attrlist.get_int = [](void* self, const char* id, int64_t* value) {
        return found(attributes(self).integers, id, value);
    };
    table.attrlist.set_float = [](void* self, const char* id, double value) -> v3_result {
        attributes(self).numbers[id] = value;
        return V3_OK;
    };
    table.attrlist.get_float = [](void* self, const char* id, double* value) {
        return found(attributes(self).numbers, id, value);
    };
    table.attrlist.set_string = [](void* self, const char* id, const int16_t* text) -> v3_result {
        const int16_t* end = text;
        while (*end)
            ++end;
        attributes(self).texts[id] = std::vector<int16_t>(text, end + 1);
        return V3_OK;
    };
    table.attrlist.get_string = [](void* self, const char* id, int16_t* text, uint32_t bytes) -> v3_result {
        const std::vector<int16_t>& all = attributes(self).texts[id];
        std::copy_n(all.begin(), std::min<size_t>(all.size(), bytes / 2), text);
        return V3_OK;
    };
    return table;
}

struct Message {
    const v3_message_cpp* table;
    std::string id;
    Attributes attributes;
};

v3_message_cpp messageTable() {
    v3_message_cpp table{};
    static_cast<v3_funknown&>(table) = {nothingElse, keep, [](void* self) -> uint32_t {
                                            delete static_cast<Message*>(self);
                                            return 0;
                                        }};
    table.msg.get_message_id = [](void* self) { return static_cast<Message*>(self)->id.c_str(); };
    table.msg.set_message_id = [](void* self, const char* id) { static_cast<Message*>(self)->id = id; };
    table.msg.get_attributes = [](void* self) {
        return reinterpret_cast<v3_attribute_list**>(&static_cast<Message*>(self)->attributes);
    };
    return table;
}

v3_host_application_cpp applicationTable() {
    v3_host_application_cpp table{};
    static_cast<v3_funknown&>(table) = {[](void* self, const v3_tuid, void** object) -> v3_result {
                                            *object = self; // nothing else is asked for
                                            return V3_OK;
                                        },
                                        keep, keep};
    table.app.create_instance = [](void*, v3_tuid, v3_tuid, void** object) -> v3_result {
        static const v3_message_cpp messages = messageTable();
        static const v3_attribute_list_cpp lists = attributeTable();
        *object = new Message{&messages, "", {&lists, {}, {}, {}}};
        return V3_OK;
    };
    return table;
}

v3_host_application_cpp applicationFunctions = applicationTable();
v3_host_application_cpp* application = &applicationFunctions;

struct Handler2 : v3_funknown {
    v3_component_handler2 handler;
};

Handler2 handler2Functions{{nothingElse, keep, keep},
                           {[](void*, v3_bool) -> v3_result {
                                std::cout << "dirty" << std::endl;
                                return V3_OK;
                            },
                            nullptr, nullptr, nullptr}};
Handler2* handler2 = &handler2Functions;

struct Handler : v3_funknown {
    v3_component_handler handler;
};

v3_result noEdit(void*, v3_param_id) { return V3_OK; }

Handler handlerFunctions{{[](void* self, const v3_tuid iid, void** object) -> v3_result {
                              if (!v3_tuid_match(iid, v3_component_handler2_iid))
                                  return nothingElse(self, iid, object);
                              *object = &handler2;
                              return V3_OK;
                          },
                          keep, keep},
                         {noEdit, [](void*, v3_param_id, double) -> v3_result { return V3_OK; }, noEdit,
                          [](void*, int32_t) -> v3_result { return V3_OK; }}};
Handler* handler = &handlerFunctions;

v3_timer_handler** timer = nullptr;

v3_run_loop_cpp runLoopTable() {
    v3_run_loop_cpp table{};
    static_cast<v3_funknown&>(table) = {nothingElse, keep, keep};
    table.loop.register_timer = [](void*, v3_timer_handler** wanted, uint64_t) -> v3_result {
        timer = wanted;
        return V3_OK;
    };
    table.loop.unregister_timer = [](void*, v3_timer_handler**) -> v3_result {
        timer = nullptr;
        return V3_OK;
    };
    return table;
}

v3_run_loop_cpp runLoopFunctions = runLoopTable();
v3_run_loop_cpp* runLoop = &runLoopFunctions;

v3_plugin_frame_cpp frameTable() {
    v3_plugin_frame_cpp table{};
    static_cast<v3_funknown&>(table) = {[](void* self, const v3_tuid iid, void** object) -> v3_result {
                                            if (!v3_tuid_match(iid, v3_run_loop_iid))
                                                return nothingElse(self, iid, object);
                                            *object = &runLoop;
                                            return V3_OK;
                                        },
                                        keep, keep};
    table.frame.resize_view = [](void*, v3_plugin_view** view, v3_view_rect* size) {
        return v3_cpp_obj(view)->on_size(view, size);
    };
    return table;
}

v3_plugin_frame_cpp frameFunctions = frameTable();
v3_plugin_frame_cpp* frame = &frameFunctions;

struct StreamTable : v3_funknown {
    v3_bstream stream;
};

// A state on its way, a piece at a time.
struct Pieces {
    const StreamTable* table;
    std::string bytes;
    size_t most;
    size_t taken = 0;
};

Pieces& pieces(void* self) { return *static_cast<Pieces*>(self); }

const StreamTable streamFunctions{
    {nothingElse, keep, keep},
    {[](void* self, void* data, int32_t size, int32_t* count) -> v3_result {
         const size_t wanted = std::min(static_cast<size_t>(size), pieces(self).most);
         const size_t copied = pieces(self).bytes.copy(static_cast<char*>(data), wanted, pieces(self).taken);
         pieces(self).taken += copied;
         *count = static_cast<int32_t>(copied);
         return V3_OK;
     },
     [](void* self, void* data, int32_t size, int32_t* count) -> v3_result {
         const size_t taken = std::min(static_cast<size_t>(size), pieces(self).most);
         pieces(self).bytes.append(static_cast<const char*>(data), taken);
         *count = static_cast<int32_t>(taken);
         return V3_OK;
     },
     nullptr, nullptr}};

// The plugin, active at 48 kHz.
class Plugin {
  public:
    explicit Plugin(const char* path) {
        void* library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
        if (!library)
            fail(dlerror());
        reinterpret_cast<bool (*)(void*)>(dlsym(library, "ModuleEntry"))(library);
        auto** factory = static_cast<v3_plugin_factory**>(
            reinterpret_cast<void* (*)()>(dlsym(library, "GetPluginFactory"))());
        v3_class_info info;
        v3_cpp_obj(factory)->get_class_info(factory, 0, &info);
        v3_cpp_obj(factory)->create_instance(factory, info.class_id, v3_component_iid,
                                             reinterpret_cast<void**>(&component_));
        v3_cpp_obj_initialize(component_, reinterpret_cast<v3_funknown**>(&application));
        v3_cpp_obj_query_interface(component_, v3_audio_processor_iid, &processor_);
        v3_cpp_obj_query_interface(component_, v3_edit_controller_iid, &controller_);
        v3_cpp_obj(controller_)
            ->set_component_handler(controller_, reinterpret_cast<v3_component_handler**>(&handler));
        v3_process_setup setup{V3_REALTIME, V3_SAMPLE_32, kFrames, 48000};
        v3_cpp_obj(processor_)->setup_processing(processor_, &setup);
        if (v3_cpp_obj(component_)->set_active(component_, true) != V3_OK)
            fail("the plugin can't be activated");
    }

    ~Plugin() {
        v3_cpp_obj(component_)->set_active(component_, false);
        v3_cpp_obj_terminate(component_);
    }

    void process(v3_process_context context) {
        static float silence[2][kFrames], heard[2][kFrames];
        float *in[] = {silence[0], silence[1]}, *out[] = {heard[0], heard[1]};
        v3_audio_bus_buffers inputs{}, outputs{};
        inputs.num_channels = outputs.num_channels = 2;
        inputs.channel_buffers_32 = in;
        outputs.channel_buffers_32 = out;
        v3_process_data data{};
        data.symbolic_sample_size = V3_SAMPLE_32;
        data.nframes = kFrames;
        data.num_input_buses = data.num_output_buses = 1;
        data.inputs = &inputs;
        data.outputs = &outputs;
        data.ctx = &context;
        if (v3_cpp_obj(processor_)->process(processor_, &data) != V3_OK)
            fail("process failed");
        ear_.hear(heard[0], kFrames);
    }

    int locksOfRestarts(int times) {
        std::thread audio([&] {
            counting = true;
            for (int i = 0; i < times; ++i) {
                v3_cpp_obj(processor_)->set_processing(processor_, false);
                v3_cpp_obj(processor_)->set_processing(processor_, true);
                process({});
            }
            counting = false;
        });
        audio.join();
        return locks;
    }

    void throughPieces(const std::string& path, size_t most) {
        std::ifstream file(path, std::ios::binary);
        Pieces given{&streamFunctions, {std::istreambuf_iterator<char>(file), {}}, most};
        Pieces saved{&streamFunctions, "", most};
        if (v3_cpp_obj(component_)->set_state(component_, reinterpret_cast<v3_bstream**>(&given)) != V3_OK ||
            v3_cpp_obj(component_)->get_state(component_, reinterpret_cast<v3_bstream**>(&saved)) != V3_OK)
            fail("the state can't be loaded or saved");
        std::ofstream(path, std::ios::binary) << saved.bytes;
    }

    void showEditor(bool playing) {
        v3_plugin_view** view = v3_cpp_obj(controller_)->create_view(controller_, "editor");
        EditorWindow window;
        v3_view_rect size{};
        v3_cpp_obj(view)->set_frame(view, reinterpret_cast<v3_plugin_frame**>(&frame));
        v3_cpp_obj(view)->get_size(view, &size);
        window.show(static_cast<unsigned>(size.right - size.left),
                    static_cast<unsigned>(size.bottom - size.top));
        v3_cpp_obj(view)->attached(view, reinterpret_cast<void*>(window.id()), V3_VIEW_PLATFORM_TYPE_X11);
        while (!inputEnds()) {
            if (timer)
                v3_cpp_obj(timer)->on_timer(timer);
            if (playing)
                process({});
        }
        v3_cpp_obj(view)->removed(view);
        v3_cpp_obj_unref(view);
    }

  private:
    static constexpr int kFrames = 512;
    Ear ear_;
    v3_component** component_ = nullptr;
    v3_audio_processor** processor_ = nullptr;
    v3_edit_controller** controller_ = nullptr;
};

v3_process_context contextOf(std::istream& words) {
    v3_process_context context{};
    context.state = V3_PROCESS_CTX_PLAYING | V3_PROCESS_CTX_TEMPO_VALID | V3_PROCESS_CTX_PROJECT_TIME_VALID |
                    V3_PROCESS_CTX_TIME_SIG_VALID;
    context.sample_rate = 48000;
    context.bpm = 120;
    words >> context.time_sig_numerator >> context.time_sig_denom >> context.project_time_quarters;
    if (words >> context.bar_position_quarters)
        context.state |= V3_PROCESS_CTX_BAR_POSITION_VALID;
    return context;
}

void answer(Plugin& plugin, const std::string& line) {
    std::istringstream words(line);
    std::string order, path;
    words >> order;
    int times = 0;
    size_t bytes = 0;
    if (order == "play") {
        plugin.process(contextOf(words));
        std::cout << "ok" << std::endl;
    } else if (order == "restart" && words >> times) {
        std::cout << plugin.locksOfRestarts(times) << std::endl;
    } else if (order == "state" && words >> path >> bytes) {
        plugin.throughPieces(path, bytes);
        std::cout << "ok" << std::endl;
    } else {
        fail("play, restart or state");
    }
}

} // namespace

int main(int count, char** words) {
    if (count < 2)
        return 2;
    Plugin plugin(words[1]);
    std::cout << "ready" << std::endl;
    if (count > 2)
        plugin.showEditor(count > 3);
    else
        for (std::string line; std::getline(std::cin, line);)
            answer(plugin, line);
}
