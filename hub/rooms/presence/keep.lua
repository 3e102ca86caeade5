-- Keep the last value of one field; beyond so many fields the one that expires first goes.
--
-- KEYS  the room's fields by expiry, and their values
-- ARGV  time to live (milliseconds), most fields, field, value
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
redis.call('ZADD', KEYS[1], string.format('%.0f', now + ARGV[1]), ARGV[3])
redis.call('HSET', KEYS[2], ARGV[3], ARGV[4])
if redis.call('ZCARD', KEYS[1]) > tonumber(ARGV[2]) then
  redis.call('HDEL', KEYS[2], redis.call('ZPOPMIN', KEYS[1])[1])
end
local last = redis.call('ZRANGE', KEYS[1], -1, -1, 'WITHSCORES')[2]
for i = 1, 2 do redis.call('PEXPIRE', KEYS[i], string.format('%.0f', last - now)) end
