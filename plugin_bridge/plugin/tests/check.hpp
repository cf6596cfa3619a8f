// Tests of a few lines: TEST(a_sentence) { CHECK(condition); }
#pragma once

#include <functional>
#include <string>

namespace timbred::check {

struct Registration {
    Registration(const char* name, void (*body)());
};

void fail(const char* file, int line, const std::string& what);

// Waits until a condition holds, at most so long; says whether it did.
bool eventually(const std::function<bool()>& condition, int milliseconds);

// A fresh folder that goes with the program; $TIMBRED_RUNTIME_DIR is set to it.
std::string freshRuntimeFolder();

} // namespace timbred::check

#define TEST(name)                                                                                           \
    static void name();                                                                                      \
    static const timbred::check::Registration registration_##name(#name, name);                              \
    static void name()

#define CHECK(condition)                                                                                     \
    do {                                                                                                     \
        if (!(condition))                                                                                    \
            timbred::check::fail(__FILE__, __LINE__, #condition);                                            \
    } while (false)

#define CHECK_THROWS(expression)                                                                             \
    do {                                                                                                     \
        bool thrown = false;                                                                                 \
        try {                                                                                                \
            static_cast<void>(expression);                                                                   \
        } catch (const timbred::PluginError&) {                                                              \
            thrown = true;                                                                                   \
        }                                                                                                    \
        if (!thrown)                                                                                         \
            timbred::check::fail(__FILE__, __LINE__, #expression " must throw");                             \
    } while (false)
