// Runs the LV2 on a thread where every allocation, lock and system call counts, or measures its time.
//
//   lv2_realtime trap URI       20,000 random blocks; prints what was counted, 1 is returned for any
//   lv2_realtime selftest URI   the same with one of each done on purpose
//   lv2_realtime time URI       nanoseconds of run() and of a memcpy of the block, by block size
//
// System calls are trapped by seccomp on that thread alone, so none can pass unseen; malloc, free and
// the pthread calls are interposed.
#include <lilv/lilv.h>
#include <lv2/atom/atom.h>
#include <lv2/atom/forge.h>
#include <lv2/buf-size/buf-size.h>
#include <lv2/options/options.h>
#include <lv2/parameters/parameters.h>
#include <lv2/state/state.h>
#include <lv2/time/time.h>
#include <lv2/urid/urid.h>
#include <lv2/worker/worker.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <functional>
#include <map>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include <dlfcn.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <pthread.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <ucontext.h>
#include <unistd.h>

namespace {

constexpr uint32_t kMaxFrames = 1024;
constexpr int kBlocks = 20000;

thread_local bool counting = false;
std::atomic<int> allocations{0}, frees{0}, locks{0}, systemCalls{0}, lastSystemCall{-1};

template <typename Function> Function next(const char* name) {
    return reinterpret_cast<Function>(dlsym(RTLD_NEXT, name));
}

} // namespace

extern "C" {
void* __libc_malloc(size_t);
void __libc_free(void*);
void* __libc_calloc(size_t, size_t);
void* __libc_realloc(void*, size_t);
void* __libc_memalign(size_t, size_t);

void* malloc(size_t bytes) {
    allocations += counting;
    return __libc_malloc(bytes);
}
void free(void* memory) {
    frees += counting && memory;
    __libc_free(memory);
}
void* calloc(size_t count, size_t bytes) {
    allocations += counting;
    return __libc_calloc(count, bytes);
}
void* realloc(void* memory, size_t bytes) {
    allocations += counting;
    return __libc_realloc(memory, bytes);
}
void* aligned_alloc(size_t alignment, size_t bytes) {
    allocations += counting;
    return __libc_memalign(alignment, bytes);
}
int posix_memalign(void** memory, size_t alignment, size_t bytes) {
    allocations += counting;
    *memory = __libc_memalign(alignment, bytes);
    return 0;
}
int pthread_mutex_lock(pthread_mutex_t* mutex) {
    static const auto original = next<int (*)(pthread_mutex_t*)>("pthread_mutex_lock");
    locks += counting;
    return original(mutex);
}
int pthread_mutex_trylock(pthread_mutex_t* mutex) {
    static const auto original = next<int (*)(pthread_mutex_t*)>("pthread_mutex_trylock");
    locks += counting;
    return original(mutex);
}
int pthread_cond_signal(pthread_cond_t* condition) {
    static const auto original = next<int (*)(pthread_cond_t*)>("pthread_cond_signal");
    locks += counting;
    return original(condition);
}
}

namespace {

void onSystemCall(int, siginfo_t* info, void* context) {
    ++systemCalls;
    lastSystemCall = info->si_syscall;
    static_cast<ucontext_t*>(context)->uc_mcontext.gregs[REG_RAX] = -ENOSYS;
}

// From here on every system call of this thread but the return from a signal is trapped.
void trapSystemCalls() {
    sock_filter rules[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 0), BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_rt_sigreturn, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW), BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_TRAP)};
    sock_fprog program{4, rules};
    if (syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program) != 0) {
        perror("seccomp");
        _exit(3);
    }
}

std::map<std::string, LV2_URID> uris;

LV2_URID map(LV2_URID_Map_Handle, const char* uri) {
    return uris.emplace(uri, static_cast<LV2_URID>(uris.size() + 1)).first->second;
}

// What the plugin asks to be done off the audio thread; nothing here does it.
LV2_Worker_Status schedule(LV2_Worker_Schedule_Handle, uint32_t, const void*) { return LV2_WORKER_SUCCESS; }

const char* unmap(LV2_URID_Unmap_Handle, LV2_URID id) {
    for (const auto& [uri, known] : uris)
        if (known == id)
            return uri.c_str();
    return nullptr;
}

// What a session keeps after a thousand verdicts: more than the port to an editor holds.
const std::string& longChoices() {
    static const std::string text = [] {
        std::string lines = "timbred-choices 1\nwords \n";
        for (int i = 0; i < 1000; ++i)
            lines += "reject " + std::string(28, 'f') + std::to_string(1000 + i) + "\n";
        return lines;
    }();
    return text;
}

const void* retrieve(LV2_State_Handle, uint32_t key, size_t* size, uint32_t* type, uint32_t* flags) {
    if (std::string(unmap(nullptr, key)).find("choices") == std::string::npos)
        return nullptr;
    *size = longChoices().size() + 1;
    *type = map(nullptr, LV2_ATOM__String);
    *flags = LV2_STATE_IS_POD | LV2_STATE_IS_PORTABLE;
    return longChoices().c_str();
}

// The plugin with all its ports connected to memory that is never moved.
class Host {
  public:
    explicit Host(const char* uri) {
        LilvWorld* world = lilv_world_new();
        lilv_world_load_all(world);
        LilvNode* node = lilv_new_uri(world, uri);
        plugin_ = lilv_plugins_get_by_uri(lilv_world_get_all_plugins(world), node);
        if (!plugin_) {
            std::fprintf(stderr, "no plugin %s in LV2_PATH\n", uri);
            _exit(2);
        }
        lv2_atom_forge_init(&forge_, &map_);
        instantiate();
        connect(world);
        restore();
        lilv_instance_activate(instance_);
    }

    // Puts random controls, and now and then a time position, where run() finds them.
    void prepare(std::mt19937& random) {
        for (size_t i = 0; i < controls_.size(); ++i)
            if (random() % 16 == 0)
                controls_[i] = static_cast<float>(random() % 8);
        lv2_atom_forge_set_buffer(&forge_, reinterpret_cast<uint8_t*>(eventsIn_.data()),
                                  8 * eventsIn_.size());
        LV2_Atom_Forge_Frame sequence;
        lv2_atom_forge_sequence_head(&forge_, &sequence, 0);
        if (random() % 4 == 0)
            forgePosition(random);
        lv2_atom_forge_pop(&forge_, &sequence);
        auto* out = reinterpret_cast<LV2_Atom*>(eventsOut_.data());
        out->type = map(nullptr, LV2_ATOM__Chunk);
        out->size = static_cast<uint32_t>(8 * eventsOut_.size() - sizeof(LV2_Atom));
    }

    void run(uint32_t frames) { lilv_instance_run(instance_, frames); }

    void close() {
        lilv_instance_deactivate(instance_);
        lilv_instance_free(instance_);
    }

    std::vector<float> in[2], out[2];

  private:
    void instantiate() {
        const LV2_URID integer = map(nullptr, LV2_ATOM__Int), real = map(nullptr, LV2_ATOM__Float);
        const auto option = [](const char* key, LV2_URID type, const void* value) {
            return LV2_Options_Option{LV2_OPTIONS_INSTANCE, 0, map(nullptr, key), 4, type, value};
        };
        const LV2_Options_Option options[] = {option(LV2_BUF_SIZE__minBlockLength, integer, &smallest_),
                                              option(LV2_BUF_SIZE__maxBlockLength, integer, &largest_),
                                              option(LV2_BUF_SIZE__nominalBlockLength, integer, &largest_),
                                              option(LV2_PARAMETERS__sampleRate, real, &rate_),
                                              {LV2_OPTIONS_INSTANCE, 0, 0, 0, 0, nullptr}};
        const LV2_Feature mapping{LV2_URID__map, &map_}, unmapping{LV2_URID__unmap, &unmap_};
        const LV2_Feature bounded{LV2_BUF_SIZE__boundedBlockLength, nullptr};
        const LV2_Feature opts{LV2_OPTIONS__options, const_cast<LV2_Options_Option*>(options)};
        const LV2_Feature worker{LV2_WORKER__schedule, &schedule_};
        const LV2_Feature* features[] = {&mapping, &unmapping, &bounded, &opts, &worker, nullptr};
        instance_ = lilv_plugin_instantiate(plugin_, rate_, features);
        if (!instance_)
            _exit(2);
    }

    void restore() {
        const auto* state = static_cast<const LV2_State_Interface*>(
            lilv_instance_get_extension_data(instance_, LV2_STATE__interface));
        if (!state || state->restore(lilv_instance_get_handle(instance_), retrieve, nullptr, 0, nullptr) !=
                          LV2_STATE_SUCCESS)
            _exit(2);
    }

    void connect(LilvWorld* world) {
        LilvNode* audio = lilv_new_uri(world, LILV_URI_AUDIO_PORT);
        LilvNode* control = lilv_new_uri(world, LILV_URI_CONTROL_PORT);
        LilvNode* input = lilv_new_uri(world, LILV_URI_INPUT_PORT);
        const uint32_t count = lilv_plugin_get_num_ports(plugin_);
        controls_.resize(count);
        int ins = 0, outs = 0;
        for (uint32_t i = 0; i < count; ++i) {
            const LilvPort* port = lilv_plugin_get_port_by_index(plugin_, i);
            const bool isInput = lilv_port_is_a(plugin_, port, input);
            void* memory = isInput ? eventsIn_.data() : eventsOut_.data();
            if (lilv_port_is_a(plugin_, port, audio)) {
                std::vector<float>& buffer = isInput ? in[ins++] : out[outs++];
                buffer.resize(kMaxFrames);
                memory = buffer.data();
            } else if (lilv_port_is_a(plugin_, port, control)) {
                memory = &controls_[i];
            }
            lilv_instance_connect_port(instance_, i, memory);
        }
    }

    void forgePosition(std::mt19937& random) {
        LV2_Atom_Forge_Frame object;
        lv2_atom_forge_frame_time(&forge_, 0);
        lv2_atom_forge_object(&forge_, &object, 0, map(nullptr, LV2_TIME__Position));
        const auto number = [&](const char* key, float value) {
            lv2_atom_forge_key(&forge_, map(nullptr, key));
            lv2_atom_forge_float(&forge_, value);
        };
        number(LV2_TIME__speed, static_cast<float>(random() % 2));
        number(LV2_TIME__bar, static_cast<float>(random() % 100));
        number(LV2_TIME__barBeat, static_cast<float>(random() % 4));
        number(LV2_TIME__beatUnit, 4.f);
        number(LV2_TIME__beatsPerBar, 4.f);
        number(LV2_TIME__beatsPerMinute, 60.f + static_cast<float>(random() % 100));
        lv2_atom_forge_pop(&forge_, &object);
    }

    int32_t smallest_ = 1, largest_ = kMaxFrames;
    float rate_ = 48000.f;
    LV2_URID_Map map_{nullptr, map};
    LV2_URID_Unmap unmap_{nullptr, unmap};
    LV2_Worker_Schedule schedule_{nullptr, schedule};
    LV2_Atom_Forge forge_;
    const LilvPlugin* plugin_ = nullptr;
    LilvInstance* instance_ = nullptr;
    std::vector<float> controls_;
    std::vector<uint64_t> eventsIn_ = std::vector<uint64_t>(2048), eventsOut_ = std::vector<uint64_t>(2048);
};

int trap(Host& host, bool selfTest) {
    struct sigaction action {};
    action.sa_sigaction = onSystemCall;
    action.sa_flags = SA_SIGINFO;
    sigaction(SIGSYS, &action, nullptr);
    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    std::atomic<bool> done{false};
    std::atomic<int> wrong{0};
    std::thread thread([&] {
        std::mt19937 random(1);
        host.prepare(random);
        delete new int; // this thread's first allocation sets its arena up
        trapSystemCalls();
        for (int block = 0; block < kBlocks; ++block) {
            const uint32_t frames = 1 + random() % kMaxFrames;
            for (auto& channel : host.in)
                for (uint32_t i = 0; i < frames; ++i)
                    channel[i] = static_cast<float>(random()) * 1e-9f;
            host.prepare(random);
            counting = true;
            host.run(frames);
            if (selfTest && block == 10) {
                void* volatile memory = malloc(64);
                free(memory);
                pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
                pthread_mutex_lock(&mutex);
                getppid();
            }
            counting = false;
            for (int channel = 0; channel < 2; ++channel)
                wrong += std::memcmp(host.in[channel].data(), host.out[channel].data(),
                                     frames * sizeof(float)) != 0;
        }
        done = true;
        for (;;) // this thread can't even end without a system call
            std::atomic_signal_fence(std::memory_order_seq_cst);
    });
    thread.detach();
    while (!done)
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
    std::printf("{\"blocks\": %d, \"allocations\": %d, \"frees\": %d, \"locks\": %d, \"system_calls\": %d, "
                "\"last_system_call\": %d, \"blocks_not_bit_exact\": %d}\n",
                kBlocks, allocations.load(), frees.load(), locks.load(), systemCalls.load(),
                lastSystemCall.load(), wrong.load());
    std::fflush(stdout);
    return allocations || frees || locks || systemCalls || wrong;
}

// Copies blocks one behind the other into as much shared memory as a ring has: the least that handing
// 20 s to another process costs.
class BareCopy {
  public:
    void operator()(const Host& host, uint32_t frames) {
        if (place_ + frames > kCapacity)
            place_ = 0;
        for (size_t channel = 0; channel < 2; ++channel)
            std::memcpy(&memory_[channel * kCapacity + place_], host.in[channel].data(),
                        frames * sizeof(float));
        asm volatile("" : : "r"(memory_) : "memory");
        place_ += frames;
    }

  private:
    static constexpr size_t kCapacity = 1 << 20; // frames that a ring holds at 48 kHz
    static float* shared() {
        const int file = memfd_create("bare", 0);
        if (ftruncate(file, 2 * kCapacity * sizeof(float)) != 0)
            _exit(3);
        void* map = mmap(nullptr, 2 * kCapacity * sizeof(float), PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
        std::memset(map, 1, 2 * kCapacity * sizeof(float));
        return static_cast<float*>(map);
    }

    float* memory_ = shared();
    size_t place_ = 0;
};

double nanoseconds(const std::function<void()>& work) {
    const auto begin = std::chrono::steady_clock::now();
    work();
    return std::chrono::duration<double, std::nano>(std::chrono::steady_clock::now() - begin).count();
}

double median(std::vector<double> all) {
    std::nth_element(all.begin(), all.begin() + static_cast<std::ptrdiff_t>(all.size() / 2), all.end());
    return all[all.size() / 2];
}

// Medians over rounds in which run() and the copies take turns, so that a busy machine slows all alike.
// `hot` copies the block to the same place each time: it never leaves the first cache.
int time(Host& host) {
    constexpr int kRounds = 300, kRepeats = 100;
    std::mt19937 random(1);
    host.prepare(random);
    BareCopy bare;
    std::vector<float> place(kMaxFrames);
    for (const uint32_t frames : {64u, 128u, 256u, 512u, 1024u}) {
        const auto repeated = [](auto work) {
            return nanoseconds([&] {
                       for (int i = 0; i < kRepeats; ++i)
                           work();
                   }) /
                   kRepeats;
        };
        std::vector<double> runs, copies, hot;
        for (int round = 0; round < kRounds; ++round) {
            runs.push_back(repeated([&] { host.run(frames); }));
            copies.push_back(repeated([&] { bare(host, frames); }));
            hot.push_back(repeated([&] {
                for (const auto& channel : host.in) {
                    std::memcpy(place.data(), channel.data(), frames * sizeof(float));
                    asm volatile("" : : "r"(place.data()) : "memory");
                }
            }));
        }
        std::printf("{\"frames\": %u, \"run_ns\": %.1f, \"memcpy_ns\": %.1f, \"hot_memcpy_ns\": %.1f}\n",
                    frames, median(runs), median(copies), median(hot));
    }
    return 0;
}

} // namespace

int main(int count, char** words) {
    if (count != 3)
        return 2;
    const std::string mode = words[1];
    Host host(words[2]);
    usleep(200000); // the link thread is up
    const int code = mode == "time" ? time(host) : trap(host, mode == "selftest");
    host.close();
    std::fflush(stdout);
    _exit(code); // the trapped thread never ends
}
