// What DPF compiles into every format. URI, ids and names are permanent: sessions hold them.
#pragma once

#define DISTRHO_PLUGIN_BRAND "timbred"
#define DISTRHO_PLUGIN_NAME "timbred"
#define DISTRHO_PLUGIN_URI "urn:timbred:plugin"
#define DISTRHO_PLUGIN_CLAP_ID "org.timbred.plugin"
#define DISTRHO_PLUGIN_HAS_UI 1
#define DISTRHO_PLUGIN_IS_RT_SAFE 1
#define DISTRHO_PLUGIN_NUM_INPUTS 2
#define DISTRHO_PLUGIN_NUM_OUTPUTS 2
#define DISTRHO_PLUGIN_WANT_STATE 1
#define DISTRHO_PLUGIN_WANT_FULL_STATE 1
#define DISTRHO_PLUGIN_WANT_TIMEPOS 1
#define DISTRHO_PLUGIN_WANT_DIRECT_ACCESS 1
#define DISTRHO_UI_USER_RESIZABLE 1
#define DISTRHO_UI_FILE_BROWSER 0
#define DISTRHO_UI_DEFAULT_WIDTH 520
#define DISTRHO_UI_DEFAULT_HEIGHT 680
#define DISTRHO_PLUGIN_LV2_CATEGORY "lv2:AnalyserPlugin"
#define DISTRHO_PLUGIN_VST3_CATEGORIES "Fx|Analyzer|Stereo"
#define DISTRHO_PLUGIN_CLAP_FEATURES "audio-effect", "analyzer", "stereo"
