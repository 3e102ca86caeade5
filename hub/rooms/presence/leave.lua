-- Shorten one lease, if it stands.
--
-- KEYS  the room's leases and names
-- ARGV  grace (milliseconds), lease
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
redis.call('ZADD', KEYS[1], 'XX', 'LT', string.format('%.0f', now + ARGV[1]), ARGV[2])
local last = redis.call('ZRANGE', KEYS[1], -1, -1, 'WITHSCORES')[2]
if last then
  for i = 1, 2 do redis.call('PEXPIRE', KEYS[i], string.format('%.0f', last - now)) end
end
