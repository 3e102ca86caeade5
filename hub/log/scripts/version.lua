-- Makes a version: higher than every earlier one, and not below the head.
--
-- KEYS  last, birth, clock, canary, version
-- ARGV  floor
-- Returns the version, about the time in microseconds.
local last = open_log(tonumber(ARGV[1]))
local version = math.max(last, now, tonumber(redis.call('GET', KEYS[5]) or '0') + 1)
redis.call('SET', KEYS[5], text(version))
return text(version)
