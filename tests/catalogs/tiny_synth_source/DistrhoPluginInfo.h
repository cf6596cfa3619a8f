// What DPF compiles into the instrument of the tests.
#pragma once

#define DISTRHO_PLUGIN_BRAND "timbred"
#define DISTRHO_PLUGIN_NAME "Tiny Synth"
#define DISTRHO_PLUGIN_URI "urn:timbred:tiny-synth"
#define DISTRHO_PLUGIN_HAS_UI 0
#define DISTRHO_PLUGIN_IS_RT_SAFE 1
#define DISTRHO_PLUGIN_IS_SYNTH 1
#define DISTRHO_PLUGIN_NUM_INPUTS 0
#define DISTRHO_PLUGIN_NUM_OUTPUTS 2
#define DISTRHO_PLUGIN_WANT_MIDI_INPUT 1
#define DISTRHO_PLUGIN_WANT_PROGRAMS 1
