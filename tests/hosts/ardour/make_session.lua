-- Makes a session "song" at 44.1 kHz. TIMBRED_SESSION: its folder; TIMBRED_PLUGIN: the VST3's id for the
-- master bus, empty for none; TIMBRED_TRACKS: names, one a line; TIMBRED_TEMPO: quarter notes a minute;
-- TIMBRED_PARAMETERS: the plugin's parameters, as in "0=1 1=5".
assert(create_session(os.getenv("TIMBRED_SESSION"), "song", 44100))
local master = Session:master_out()

local tempos = Temporal.TempoMap.fetch_writable()
local bpm = tonumber(os.getenv("TIMBRED_TEMPO"))
tempos:set_tempo(Temporal.Tempo(bpm, bpm, 4), Temporal.timepos_t(0))
Temporal.TempoMap.update(tempos)
tempos = nil

for name in os.getenv("TIMBRED_TRACKS"):gmatch("[^\n]+") do
  local last = ARDOUR.PresentationInfo.max_order
  local tracks = Session:new_audio_track(2, 2, nil, 1, name, last, ARDOUR.TrackMode.Normal, true, false)
  local outputs = tracks:front():output()
  for channel = 0, 1 do -- the engine connects new tracks too, on another thread, some time later
    local input = "Master/audio_in " .. (channel + 1)
    if not outputs:nth(channel):connected_to(input) then outputs:nth(channel):connect(input) end
    assert(outputs:nth(channel):connected_to(input))
  end
end

local plugin = os.getenv("TIMBRED_PLUGIN")
if plugin ~= "" then
  local processor = ARDOUR.LuaAPI.new_plugin(Session, plugin, ARDOUR.PluginType.VST3, "")
  assert(not processor:isnil(), "there is no plugin " .. plugin)
  assert(master:add_processor_by_index(processor, 0, nil, true) == 0)
  for index, value in os.getenv("TIMBRED_PARAMETERS"):gmatch("(%d+)=(%S+)") do
    assert(ARDOUR.LuaAPI.set_processor_param(processor, tonumber(index), tonumber(value)))
  end
end
sleep(0.5)
Session:save_state("", false, false, false, false, false)
close_session()
quit()
