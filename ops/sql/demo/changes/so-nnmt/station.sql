-- weight: 1. A station is switched off and on, and its datalogger moves.
\set n random(1, 40)
update env_station set active = not active, datalogger_ip = ('10.20.31.' || :n)::inet where station_code like 'CB-__-' || lpad(:n::text, 2, '0');
