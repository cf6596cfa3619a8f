-- Makes a session at 48 kHz with the plugin on the master bus.
-- TIMBRED_SESSION: folder; TIMBRED_PLUGIN: the VST3's id, empty for none; TIMBRED_TRACKS: names, one a line;
-- TIMBRED_PARAMETERS: the plugin's parameters, "0=1 1=5".
local folder, plugin = os.getenv("TIMBRED_SESSION"), os.getenv("TIMBRED_PLUGIN")
assert(create_session(folder, "song", 48000))
local master = Session:master_out()

for name in os.getenv("TIMBRED_TRACKS"):gmatch("[^\n]+") do
  local last = ARDOUR.PresentationInfo.max_order
  local tracks = Session:new_audio_track(2, 2, nil, 1, name, last, ARDOUR.TrackMode.Normal, true, false)
  local outputs = tracks:front():output()
  for channel = 0, 1 do -- tracks connect themselves some time later; who does not wait connects first
    local input = "Master/audio_in " .. (channel + 1)
    if not outputs:nth(channel):connected_to(input) then outputs:nth(channel):connect(input) end
    assert(outputs:nth(channel):connected_to(input))
  end
end

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
