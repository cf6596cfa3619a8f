# Copies DPF from DPF_FOLDER to DPF_MENDED, with what DPF 1.6 does wrong in a host put right.
#
# What a later DPF does right already is left as it is; text that is neither the known one nor that stops the
# build, since nobody has seen what it does.

set(dpf_sources DistrhoPluginCLAP.cpp DistrhoPluginLV2.cpp DistrhoPluginLV2export.cpp DistrhoPluginVST3.cpp
  DistrhoUILV2.cpp)

# Replaces `old`, which must stand in the file once, by `new`; does nothing where the regular expression `done`
# matches, which says that the file was right to begin with.
function(dpf_mend file wrong done old new)
  get_property(source GLOBAL PROPERTY dpf_${file}_source)
  if("${source}" MATCHES "${done}")
    return()
  endif()
  get_property(mended GLOBAL PROPERTY dpf_${file}_mended)
  string(FIND "${mended}" "${old}" first)
  string(FIND "${mended}" "${old}" last REVERSE)
  if(first EQUAL -1 OR NOT first EQUAL last)
    message(FATAL_ERROR "${DPF_FOLDER}/distrho/src/${file} is not the one of DPF 1.6, and this plugin can't tell "
                        "whether in it ${wrong}. Build with DPF 1.6 (-DDPF_FOLDER=...), or bring mend_dpf.cmake "
                        "up to date.")
  endif()
  string(REPLACE "${old}" "${new}" mended "${mended}")
  set_property(GLOBAL PROPERTY dpf_${file}_mended "${mended}")
endfunction()

foreach(file ${dpf_sources})
  file(READ "${DPF_FOLDER}/distrho/src/${file}" text)
  set_property(GLOBAL PROPERTY dpf_${file}_source "${text}")
  set_property(GLOBAL PROPERTY dpf_${file}_mended "${text}")
endforeach()

dpf_mend(DistrhoPluginVST3.cpp "bars shorter than a quarter note divide by zero" "double +ppqPerBar"
[[
            if ((ctx->state & (V3_PROCESS_CTX_PROJECT_TIME_VALID|V3_PROCESS_CTX_TIME_SIG_VALID)) == (V3_PROCESS_CTX_PROJECT_TIME_VALID|V3_PROCESS_CTX_TIME_SIG_VALID))
            {
                const double ppqPos    = std::abs(ctx->project_time_quarters);
                const int    ppqPerBar = ctx->time_sig_numerator * 4 / ctx->time_sig_denom;
                const double barBeats  = (std::fmod(ppqPos, ppqPerBar) / ppqPerBar) * ctx->time_sig_numerator;
                const double rest      =  std::fmod(barBeats, 1.0);

                fTimePosition.bbt.valid       = true;
                fTimePosition.bbt.bar         = static_cast<int32_t>(ppqPos) / ppqPerBar + 1;
                fTimePosition.bbt.beat        = static_cast<int32_t>(barBeats - rest + 0.5) + 1;
                fTimePosition.bbt.tick        = rest * fTimePosition.bbt.ticksPerBeat;
                fTimePosition.bbt.beatsPerBar = ctx->time_sig_numerator;
                fTimePosition.bbt.beatType    = ctx->time_sig_denom;

                if (ctx->project_time_quarters < 0.0)
                {
                    --fTimePosition.bbt.bar;
                    fTimePosition.bbt.beat = ctx->time_sig_numerator - fTimePosition.bbt.beat + 1;
                    fTimePosition.bbt.tick = fTimePosition.bbt.ticksPerBeat - fTimePosition.bbt.tick - 1;
                }
            }
            else
            {
                fTimePosition.bbt.valid       = false;
                fTimePosition.bbt.bar         = 1;
                fTimePosition.bbt.beat        = 1;
                fTimePosition.bbt.tick        = 0.0;
                fTimePosition.bbt.beatsPerBar = 4.0f;
                fTimePosition.bbt.beatType    = 4.0f;
            }

            fTimePosition.bbt.barStartTick = fTimePosition.bbt.ticksPerBeat*
                                             fTimePosition.bbt.beatsPerBar*
                                             (fTimePosition.bbt.bar-1);
]]
[[
            if ((ctx->state & (V3_PROCESS_CTX_PROJECT_TIME_VALID|V3_PROCESS_CTX_TIME_SIG_VALID)) == (V3_PROCESS_CTX_PROJECT_TIME_VALID|V3_PROCESS_CTX_TIME_SIG_VALID)
                && ctx->time_sig_numerator > 0 && ctx->time_sig_denom > 0)
            {
                const double ppqPerBeat = 4.0 / ctx->time_sig_denom;
                const double ppqPerBar  = ctx->time_sig_numerator * ppqPerBeat;
                const double ppqPos     = ctx->project_time_quarters;
                double ppqBar           = std::floor(ppqPos / ppqPerBar) * ppqPerBar;

                // the host knows which meters came before; some tell a bar that the position is not in
                if ((ctx->state & V3_PROCESS_CTX_BAR_POSITION_VALID) != 0
                    && ctx->bar_position_quarters <= ppqPos
                    && ctx->bar_position_quarters + ppqPerBar > ppqPos)
                    ppqBar = ctx->bar_position_quarters;

                const double barBeats = (ppqPos - ppqBar) / ppqPerBeat;
                const double rest     = std::fmod(barBeats, 1.0);

                fTimePosition.bbt.valid        = true;
                fTimePosition.bbt.bar          = static_cast<int32_t>(std::floor(ppqBar / ppqPerBar + 0.5)) + 1;
                fTimePosition.bbt.beat         = static_cast<int32_t>(barBeats) + 1;
                fTimePosition.bbt.tick         = rest * fTimePosition.bbt.ticksPerBeat;
                fTimePosition.bbt.beatsPerBar  = ctx->time_sig_numerator;
                fTimePosition.bbt.beatType     = ctx->time_sig_denom;
                fTimePosition.bbt.barStartTick = ppqBar / ppqPerBeat * fTimePosition.bbt.ticksPerBeat;
            }
            else
            {
                fTimePosition.bbt.valid        = false;
                fTimePosition.bbt.bar          = 1;
                fTimePosition.bbt.beat         = 1;
                fTimePosition.bbt.tick         = 0.0;
                fTimePosition.bbt.beatsPerBar  = 4.0f;
                fTimePosition.bbt.beatType     = 4.0f;
                fTimePosition.bbt.barStartTick = 0.0;
            }
]])

dpf_mend(DistrhoPluginVST3.cpp "the bar's position is asked for" "V3_PROCESS_CTX_NEED_BAR_POSITION"
[[            | V3_PROCESS_CTX_NEED_TEMPO ]]
[[            | V3_PROCESS_CTX_NEED_BAR_POSITION     // V3_PROCESS_CTX_BAR_POSITION_VALID
            | V3_PROCESS_CTX_NEED_TEMPO ]])

dpf_mend(DistrhoPluginVST3.cpp "the host is told that a state has changed" "set_dirty"
[[
        // save this key as needed
        if (fPlugin.wantStateKey(key))
        {
]]
[[
        // save this key as needed
        if (fPlugin.wantStateKey(key))
        {
            v3_component_handler2** handler2 = nullptr;
            if (fComponentHandler != nullptr
                && v3_cpp_obj_query_interface(fComponentHandler, v3_component_handler2_iid, &handler2) == V3_OK
                && handler2 != nullptr)
            {
                v3_cpp_obj(handler2)->set_dirty(handler2, true);
                v3_cpp_obj_unref(handler2);
            }

]])

# A host may take and give a state in pieces.
set(wrong "each piece of a state is written from the state's beginning")
dpf_mend(DistrhoPluginVST3.cpp "${wrong}" "buffer \\+ wrtntotal"
[[write(stream, const_cast<char*>(buffer), size - wrtntotal, &wrtn);]]
[[write(stream, const_cast<char*>(buffer + wrtntotal), size - wrtntotal, &wrtn);]])
dpf_mend(DistrhoPluginCLAP.cpp "${wrong}" "buffer \\+ wrtntotal"
[[stream->write(stream, buffer, size - wrtntotal);]]
[[stream->write(stream, buffer + wrtntotal, size - wrtntotal);]])
set(wrong "what an earlier piece of a state left in the buffer ends a text of this one")
set(right "buffer\\[read\\] = '.xff';")
dpf_mend(DistrhoPluginVST3.cpp "${wrong}" "${right}"
[[
            DISTRHO_SAFE_ASSERT_INT_RETURN(read > 0, read, V3_INTERNAL_ERR);
]]
[[
            DISTRHO_SAFE_ASSERT_INT_RETURN(read > 0, read, V3_INTERNAL_ERR);
            buffer[read] = '\xff'; // no end of a text
]])
dpf_mend(DistrhoPluginCLAP.cpp "${wrong}" "${right}"
[[
            DISTRHO_SAFE_ASSERT_INT_RETURN(read >= 0, read, false);
]]
[[
            DISTRHO_SAFE_ASSERT_INT_RETURN(read >= 0, read, false);
            buffer[read] = '\xff'; // no end of a text
]])

# Else a host shows the upper left corner of an editor that is larger than it was told.
dpf_mend(DistrhoPluginCLAP.cpp "the host is told the editor's size in the host's own scale" "DEFAULT_WIDTH \\* scaleFactor"
[[
        *width = DISTRHO_UI_DEFAULT_WIDTH;
        *height = DISTRHO_UI_DEFAULT_HEIGHT;
        if (d_isZero(scaleFactor))
            scaleFactor = 1.0;
]]
[[
        if (d_isZero(scaleFactor))
            scaleFactor = 1.0;
        *width = DISTRHO_UI_DEFAULT_WIDTH * scaleFactor;
        *height = DISTRHO_UI_DEFAULT_HEIGHT * scaleFactor;
]])
dpf_mend(DistrhoPluginCLAP.cpp "the host is told of a size that the editor gave itself" "uint32_t toldWidth"
[[
        fParentWindow = window->uptr;

        if (fUI == nullptr)
        {
            createUI();
            fHostGui->resize_hints_changed(fHost);
        }
]]
[[
        fParentWindow = window->uptr;

        if (fUI == nullptr)
        {
            uint32_t toldWidth, toldHeight, width, height;
            getSize(&toldWidth, &toldHeight);
            createUI();
            fHostGui->resize_hints_changed(fHost);
            getSize(&width, &height);

            if ((width != toldWidth || height != toldHeight) && !fHostGui->request_resize(fHost, width, height))
                setSizeFromHost(toldWidth, toldHeight);
        }
]])

# DPF hands such an edit over in process() alone.
set(wrong "a host that plays nothing is told of an edit in the window")
dpf_mend(DistrhoPluginCLAP.cpp "${wrong}" "request_flush"
[[
        const ClapEventQueue::Event ev = {
            started ? ClapEventQueue::kEventGestureBegin : ClapEventQueue::kEventGestureEnd,
            rindex, 0.f
        };
        fEventQueue.addEventFromUI(ev);
]]
[[
        const ClapEventQueue::Event ev = {
            started ? ClapEventQueue::kEventGestureBegin : ClapEventQueue::kEventGestureEnd,
            rindex, 0.f
        };
        fEventQueue.addEventFromUI(ev);

        if (const void* const extension = fHost->get_extension(fHost, CLAP_EXT_PARAMS))
            static_cast<const clap_host_params_t*>(extension)->request_flush(fHost);
]])
dpf_mend(DistrhoPluginCLAP.cpp "${wrong}" "request_flush"
[[
    bool process(const clap_process_t* const process)
    {
       #if DISTRHO_PLUGIN_WANT_MIDI_INPUT
        fMidiEventCount = 0;
       #endif

       #if DISTRHO_PLUGIN_HAS_UI
        if (const clap_output_events_t* const outputEvents = process->out_events)
        {
]]
[[
    void sendEdits(const clap_output_events_t* const outputEvents)
    {
       #if DISTRHO_PLUGIN_HAS_UI
        if (outputEvents != nullptr)
        {
]])
dpf_mend(DistrhoPluginCLAP.cpp "${wrong}" "request_flush"
[[
                fEventQueue.used = 0;
            }
        }
       #endif

       #if DISTRHO_PLUGIN_WANT_TIMEPOS
]]
[[
                fEventQueue.used = 0;
            }
        }
       #endif
    }

    bool process(const clap_process_t* const process)
    {
       #if DISTRHO_PLUGIN_WANT_MIDI_INPUT
        fMidiEventCount = 0;
       #endif

        sendEdits(process->out_events);

       #if DISTRHO_PLUGIN_WANT_TIMEPOS
]])
dpf_mend(DistrhoPluginCLAP.cpp "${wrong}" "request_flush"
[[
                         const uint32_t frameOffset)
    {
]]
[[
                         const uint32_t frameOffset)
    {
        sendEdits(out);

]])

# What prints on the audio thread may wait there.
dpf_mend(DistrhoPluginVST3.cpp "a host that takes no parameters back makes the audio thread print"
  "outparamsptr == nullptr"
[[
        DISTRHO_SAFE_ASSERT_RETURN(outparamsptr != nullptr,);

        float curValue;
]]
[[
        if (outparamsptr == nullptr)
            return;

        float curValue;
]])
dpf_mend(DistrhoPluginCLAP.cpp "a modulation, a gesture or the transport as an event makes the audio thread print"
  "CLAP_EVENT_TRANSPORT:[ \n]*break;"
[[
                    case CLAP_EVENT_TRANSPORT:
                    case CLAP_EVENT_MIDI:
]]
[[
                    case CLAP_EVENT_TRANSPORT:
                        break;
                    case CLAP_EVENT_MIDI:
]])

dpf_mend(DistrhoPluginCLAP.cpp "meters are divided by zero" "double +ppqPerBar"
[[
            if ((transport->flags & (CLAP_TRANSPORT_HAS_BEATS_TIMELINE|CLAP_TRANSPORT_HAS_TIME_SIGNATURE)) == (CLAP_TRANSPORT_HAS_BEATS_TIMELINE|CLAP_TRANSPORT_HAS_TIME_SIGNATURE))
            {
                if (transport->song_pos_beats >= 0)
                {
                    const int64_t clapPos   = std::abs(transport->song_pos_beats);
                    const int64_t clapBeats = clapPos >> 31;
                    const double  clapRest  = static_cast<double>(clapPos & 0x7fffffff) / CLAP_BEATTIME_FACTOR;

                    fTimePosition.bbt.bar  = static_cast<int32_t>(clapBeats) / transport->tsig_num + 1;
                    fTimePosition.bbt.beat = static_cast<int32_t>(clapBeats % transport->tsig_num) + 1;
                    fTimePosition.bbt.tick = clapRest * fTimePosition.bbt.ticksPerBeat;
                }
                else
                {
                    fTimePosition.bbt.bar  = 1;
                    fTimePosition.bbt.beat = 1;
                    fTimePosition.bbt.tick = 0.0;
                }

                fTimePosition.bbt.valid       = true;
                fTimePosition.bbt.beatsPerBar = transport->tsig_num;
                fTimePosition.bbt.beatType    = transport->tsig_denom;
            }
            else
            {
                fTimePosition.bbt.valid       = false;
                fTimePosition.bbt.bar         = 1;
                fTimePosition.bbt.beat        = 1;
                fTimePosition.bbt.tick        = 0.0;
                fTimePosition.bbt.beatsPerBar = 4.0f;
                fTimePosition.bbt.beatType    = 4.0f;
            }

            fTimePosition.bbt.barStartTick = fTimePosition.bbt.ticksPerBeat*
                                             fTimePosition.bbt.beatsPerBar*
                                             (fTimePosition.bbt.bar-1);
]]
[[
            if ((transport->flags & (CLAP_TRANSPORT_HAS_BEATS_TIMELINE|CLAP_TRANSPORT_HAS_TIME_SIGNATURE)) == (CLAP_TRANSPORT_HAS_BEATS_TIMELINE|CLAP_TRANSPORT_HAS_TIME_SIGNATURE)
                && transport->tsig_num > 0 && transport->tsig_denom > 0)
            {
                const double ppqPerBeat = 4.0 / transport->tsig_denom;
                const double ppqPerBar  = transport->tsig_num * ppqPerBeat;
                const double ppqPos     = static_cast<double>(transport->song_pos_beats) / CLAP_BEATTIME_FACTOR;
                const double ppqHostBar = static_cast<double>(transport->bar_start) / CLAP_BEATTIME_FACTOR;
                double ppqBar           = std::floor(ppqPos / ppqPerBar) * ppqPerBar;

                // the host knows which meters came before; some tell a bar that the position is not in
                if (ppqHostBar <= ppqPos && ppqHostBar + ppqPerBar > ppqPos)
                    ppqBar = ppqHostBar;

                const double barBeats = (ppqPos - ppqBar) / ppqPerBeat;
                const double rest     = std::fmod(barBeats, 1.0);

                fTimePosition.bbt.valid        = true;
                fTimePosition.bbt.bar          = static_cast<int32_t>(std::floor(ppqBar / ppqPerBar + 0.5)) + 1;
                fTimePosition.bbt.beat         = static_cast<int32_t>(barBeats) + 1;
                fTimePosition.bbt.tick         = rest * fTimePosition.bbt.ticksPerBeat;
                fTimePosition.bbt.beatsPerBar  = transport->tsig_num;
                fTimePosition.bbt.beatType     = transport->tsig_denom;
                fTimePosition.bbt.barStartTick = ppqBar / ppqPerBeat * fTimePosition.bbt.ticksPerBeat;
            }
            else
            {
                fTimePosition.bbt.valid        = false;
                fTimePosition.bbt.bar          = 1;
                fTimePosition.bbt.beat         = 1;
                fTimePosition.bbt.tick         = 0.0;
                fTimePosition.bbt.beatsPerBar  = 4.0f;
                fTimePosition.bbt.beatType     = 4.0f;
                fTimePosition.bbt.barStartTick = 0.0;
            }
]])

dpf_mend(DistrhoPluginCLAP.cpp "the host is told that a state has changed" "mark_dirty"
[[
        fPlugin.setState(key, value);

        // check if we want to save this key
        if (! fPlugin.wantStateKey(key))
            return;
]]
[[
        fPlugin.setState(key, value);

        // check if we want to save this key
        if (! fPlugin.wantStateKey(key))
            return;

        if (const clap_host_state_t* const hostState = getHostExtension<clap_host_state_t>(CLAP_EXT_STATE))
            hostState->mark_dirty(fHost);
]])

# In LV2 the worker sets the state, and the next run() says so.
set(wrong "the host is told that a state has changed")
dpf_mend(DistrhoPluginLV2export.cpp "${wrong}" "LV2_STATE__StateChanged"
[[            pluginString += "        lv2:symbol \"lv2_events_out\" ;\n";
]]
[[            pluginString += "        lv2:symbol \"lv2_events_out\" ;\n";
# if DISTRHO_PLUGIN_WANT_STATE
            pluginString += "        atom:supports <" LV2_STATE__StateChanged "> ;\n";
# endif
]])
dpf_mend(DistrhoPluginLV2.cpp "${wrong}" "LV2_STATE__StateChanged"
[[
#include <map>
]]
[[
#include <atomic>
#include <map>
]])
dpf_mend(DistrhoPluginLV2.cpp "${wrong}" "LV2_STATE__StateChanged"
[[
    bool* fNeededUiSends;
]]
[[
    bool* fNeededUiSends;
    std::atomic<bool> fStateChanged{false};
    const LV2_URID fStateChangedURID = fURIDs.map(LV2_STATE__StateChanged);
]])
dpf_mend(DistrhoPluginLV2.cpp "${wrong}" "LV2_STATE__StateChanged"
[[
            setState(key, value);
            return LV2_WORKER_SUCCESS;
]]
[[
            setState(key, value);
            fStateChanged = true;
            return LV2_WORKER_SUCCESS;
]])
dpf_mend(DistrhoPluginLV2.cpp "${wrong}" "LV2_STATE__StateChanged"
[[
       #if DISTRHO_LV2_USE_EVENTS_OUT
        fEventsOutData.endRun();
]]
[[
       #if DISTRHO_PLUGIN_WANT_STATE
        const uint32_t changedSize = sizeof(LV2_Atom_Event) + sizeof(LV2_Atom_Object_Body);
        if (sizeof(LV2_Atom_Sequence_Body) + fEventsOutData.offset + changedSize <= capacity
            && fStateChanged.exchange(false))
        {
            aev = (LV2_Atom_Event*)(LV2_ATOM_CONTENTS(LV2_Atom_Sequence, fEventsOutData.port) + fEventsOutData.offset);
            aev->time.frames = 0;
            aev->body.type = fURIDs.atomObject;
            aev->body.size = sizeof(LV2_Atom_Object_Body);

            LV2_Atom_Object_Body* const changed = (LV2_Atom_Object_Body*)LV2_ATOM_BODY(&aev->body);
            changed->id = 0;
            changed->otype = fStateChangedURID;
            fEventsOutData.growBy(lv2_atom_pad_size(changedSize));
        }
       #endif

       #if DISTRHO_LV2_USE_EVENTS_OUT
        fEventsOutData.endRun();
]])

# Which its editor is handed too.
dpf_mend(DistrhoUILV2.cpp "an editor takes it for a value" "otype != fURIDs.patchSet"
[[
                const LV2_Atom_Object* const obj = (const LV2_Atom_Object*)atom;

                const LV2_Atom* property = nullptr;
]]
[[
                const LV2_Atom_Object* const obj = (const LV2_Atom_Object*)atom;

                if (obj->body.otype != fURIDs.patchSet)
                    return;

                const LV2_Atom* property = nullptr;
]])

set(but_for PATTERN .git EXCLUDE)
foreach(file ${dpf_sources})
  list(APPEND but_for PATTERN ${file} EXCLUDE)
endforeach()
file(COPY "${DPF_FOLDER}/" DESTINATION "${DPF_MENDED}" ${but_for})
foreach(file ${dpf_sources})
  get_property(mended GLOBAL PROPERTY dpf_${file}_mended)
  set(path "${DPF_MENDED}/distrho/src/${file}")
  set(before "")
  if(EXISTS "${path}")
    file(READ "${path}" before)
  endif()
  if(NOT "${before}" STREQUAL "${mended}") # else nothing is compiled anew
    file(WRITE "${path}" "${mended}")
  endif()
endforeach()
