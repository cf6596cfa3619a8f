-- Plays a session in real time from its start and prints where it is, four times a second.
-- TIMBRED_SESSION: folder; TIMBRED_SECONDS: how long; TIMBRED_RECORD: a track that records the master bus,
-- empty for none. What was recorded, and all else, is saved.
assert(load_session(os.getenv("TIMBRED_SESSION"), "song"))
local by_user = ARDOUR.TransportRequestSource.TRS_UI

local recorded = os.getenv("TIMBRED_RECORD")
if recorded ~= "" then
  local track = Session:route_by_name(recorded):to_track()
  for channel = 0, 1 do
    local input = track:input():nth(channel)
    input:disconnect_all()
    assert(input:connect("Master/audio_out " .. (channel + 1)) == 0)
    track:output():nth(channel):disconnect_all()
  end
  track:rec_enable_control():set_value(1, PBD.GroupControlDisposition.NoGroup)
end
sleep(0.5)
Session:request_locate(0, false, ARDOUR.LocateTransportDisposition.MustStop, by_user)
sleep(0.5)
if recorded ~= "" then Session:maybe_enable_record() end
Session:request_roll(by_user)
for _ = 1, tonumber(os.getenv("TIMBRED_SECONDS")) * 4 do
  sleep(0.25)
  print("at", Session:transport_sample(), Session:transport_rolling())
end
Session:request_stop(false, false, by_user)
sleep(1.5)
Session:save_state("", false, false, false, false, false)
close_session()
quit()
