-- Plays a session in real time from its start and prints a line every quarter of a second.
-- TIMBRED_SESSION: folder; TIMBRED_SECONDS: how long; TIMBRED_SAVE: 1 saves the session afterwards.
assert(load_session(os.getenv("TIMBRED_SESSION"), "song"))
sleep(0.5)
local by_user = ARDOUR.TransportRequestSource.TRS_UI
Session:request_locate(0, false, ARDOUR.LocateTransportDisposition.MustStop, by_user)
sleep(0.5)
Session:request_roll(by_user)
for _ = 1, tonumber(os.getenv("TIMBRED_SECONDS")) * 4 do
  sleep(0.25)
  print("at", Session:transport_sample(), Session:transport_rolling())
end
Session:request_stop(false, false, by_user)
sleep(0.5)
if os.getenv("TIMBRED_SAVE") == "1" then Session:save_state("", false, false, false, false, false) end
close_session()
quit()
