// Preloaded into a host: counts what one thread does between count_begin() and count_end().
//
// Each kind is counted twice: what is done with the plugin's code anywhere on the call stack, and what is
// done at all. System calls are trapped by seccomp, counted, and then made from pass_on(), the one place
// that the filter lets through.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <execinfo.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <pthread.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <ucontext.h>
#include <unistd.h>

enum { ALLOCATIONS, FREES, LOCKS, SYSTEM_CALLS, KINDS };
enum { MAX_DEPTH = 64 };

static __thread int counting;
static uintptr_t begin_address, end_address;
static long from_library[KINDS], from_anywhere[KINDS];

static void count(int kind) {
    void* frames[MAX_DEPTH];
    if (!counting)
        return;
    counting = 0; // what follows is not the thread's own doing
    ++from_anywhere[kind];
    const int depth = backtrace(frames, MAX_DEPTH);
    for (int i = 0; i < depth; ++i)
        if ((uintptr_t)frames[i] >= begin_address && (uintptr_t)frames[i] < end_address) {
            ++from_library[kind];
            break;
        }
    counting = 1;
}

// The one system call instruction that is not trapped; pass_on_end marks the byte after it.
long pass_on(long number, long a, long b, long c, long d, long e, long f);
extern const char pass_on_end[];
__asm__(".text\n.global pass_on\n.type pass_on, @function\npass_on:\n"
        "mov %rdi, %rax\nmov %rsi, %rdi\nmov %rdx, %rsi\nmov %rcx, %rdx\n"
        "mov %r8, %r10\nmov %r9, %r8\nmov 8(%rsp), %r9\nsyscall\n"
        ".global pass_on_end\npass_on_end:\nret\n.size pass_on, .-pass_on\n");

static void on_system_call(int signal, siginfo_t* info, void* context) {
    greg_t* registers = ((ucontext_t*)context)->uc_mcontext.gregs;
    const int saved = errno;
    (void)signal;
    count(SYSTEM_CALLS);
    registers[REG_RAX] = pass_on(info->si_syscall, registers[REG_RDI], registers[REG_RSI], registers[REG_RDX],
                                 registers[REG_R10], registers[REG_R8], registers[REG_R9]);
    errno = saved;
}

static void trap_system_calls(void) {
    // The instruction pointer that seccomp sees is that after the system call instruction.
    const uint64_t pass = (uint64_t)(uintptr_t)pass_on_end;
    struct sock_filter rules[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_rt_sigreturn, 4, 0),
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, instruction_pointer)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (uint32_t)pass, 0, 3),
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, instruction_pointer) + 4),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (uint32_t)(pass >> 32), 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_TRAP),
    };
    struct sock_fprog program = {sizeof rules / sizeof *rules, rules};
    struct sigaction action = {0};
    action.sa_sigaction = on_system_call;
    action.sa_flags = SA_SIGINFO | SA_NODEFER;
    sigaction(SIGSYS, &action, NULL);
    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    if (syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program) != 0)
        abort();
}

void* __libc_malloc(size_t);
void __libc_free(void*);
void* __libc_calloc(size_t, size_t);
void* __libc_realloc(void*, size_t);
void* __libc_memalign(size_t, size_t);

void* malloc(size_t bytes) {
    count(ALLOCATIONS);
    return __libc_malloc(bytes);
}

void free(void* memory) {
    if (memory)
        count(FREES);
    __libc_free(memory);
}

void* calloc(size_t items, size_t bytes) {
    count(ALLOCATIONS);
    return __libc_calloc(items, bytes);
}

void* realloc(void* memory, size_t bytes) {
    count(ALLOCATIONS);
    return __libc_realloc(memory, bytes);
}

int posix_memalign(void** memory, size_t alignment, size_t bytes) {
    count(ALLOCATIONS);
    *memory = __libc_memalign(alignment, bytes);
    return 0;
}

// operator new and operator delete
void* _Znwm(size_t bytes) {
    count(ALLOCATIONS);
    return __libc_malloc(bytes);
}

void _ZdlPv(void* memory) {
    if (memory)
        count(FREES);
    __libc_free(memory);
}

void _ZdlPvm(void* memory, size_t bytes) {
    (void)bytes;
    if (memory)
        count(FREES);
    __libc_free(memory);
}

int pthread_mutex_lock(pthread_mutex_t* mutex) {
    static int (*original)(pthread_mutex_t*);
    if (!original)
        original = (int (*)(pthread_mutex_t*))dlsym(RTLD_NEXT, "pthread_mutex_lock");
    count(LOCKS);
    return original(mutex);
}

int pthread_mutex_trylock(pthread_mutex_t* mutex) {
    static int (*original)(pthread_mutex_t*);
    if (!original)
        original = (int (*)(pthread_mutex_t*))dlsym(RTLD_NEXT, "pthread_mutex_trylock");
    count(LOCKS);
    return original(mutex);
}

// Counts from now on, on this thread alone, which stays trapped for good.
void count_begin(uintptr_t library_begin, uintptr_t library_end) {
    static __thread int trapped;
    void* frames[MAX_DEPTH];
    backtrace(frames, MAX_DEPTH); // its first call loads the unwinder
    begin_address = library_begin;
    end_address = library_end;
    for (int kind = 0; kind < KINDS; ++kind)
        from_library[kind] = from_anywhere[kind] = 0;
    if (!trapped)
        trap_system_calls();
    trapped = 1;
    counting = 1;
}

void count_end(long* library, long* anywhere) {
    counting = 0;
    for (int kind = 0; kind < KINDS; ++kind) {
        library[kind] = from_library[kind];
        anywhere[kind] = from_anywhere[kind];
    }
}
